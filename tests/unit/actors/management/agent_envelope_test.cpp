#include "actors/management/agent_envelope.hpp"

#include "adapters/crypto/sodium_envelope.hpp"
#include "proto/management.pb.h"
#include "tests/catch.hpp"

using namespace rookery;
using adapters::crypto::SodiumEnvelope;

TEST_CASE("a message beyond the limit is refused before it is opened, with its size") {
    const auto server = SodiumEnvelope::create(SodiumEnvelope::new_private_key()).value();
    const auto agent = SodiumEnvelope::create(SodiumEnvelope::new_private_key()).value();
    const auto box = agent->box_for(server->server_public_key());
    constexpr std::size_t nonce_and_tag = 40;
    for (const bool fits : {true, false}) {
        ::management::EncryptedMessage outer;
        outer.set_wgpubkey(agent->server_public_key());
        outer.set_body(box->seal(std::string(rookery::management::max_request_bytes - nonce_and_tag + !fits, 'x')));
        const auto opened = rookery::management::open_request(outer.SerializeAsString(), *server);
        CHECK(opened.has_value() == fits);
        if (opened) continue;
        CHECK(opened.error().code == core::rpc::Code::invalid_argument);
        CHECK(opened.error().message == "invalid request message: 262145 bytes, at most 262144");
    }
}
