// EncryptedMessage to Management as it comes from gRPC: nobody without a server's public key gets behind the box.
#include "actors/management/agent_envelope.hpp"

#include "adapters/crypto/sodium_envelope.hpp"
#include "proto/management.pb.h"
#include "tests/fuzz/fuzz.hpp"

using namespace rookery;
using adapters::crypto::SodiumEnvelope;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto server =
        SodiumEnvelope::create(config::Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), 16).value();
    static const auto agent =
        SodiumEnvelope::create(config::Secret("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")).value();
    fuzz::Input input(data, size);
    const auto choice = input.byte();
    const auto at = input.number();
    const std::string text(input.rest());

    // As it came.
    const auto opened = rookery::management::open_request(text, *server);
    fuzz::expect(opened || (!opened.error().ok() && !opened.error().message.empty()), "a refusal says something");

    // Sealed by an agent, and one byte of the box changed.
    const auto box = agent->box_for(server->server_public_key());
    auto sealed = box->seal(text);
    if (choice & 1) sealed[at % sealed.size()] = static_cast<char>(sealed[at % sealed.size()] + 1 + choice / 2);
    ::management::EncryptedMessage outer;
    outer.set_wgpubkey(agent->server_public_key());
    outer.set_body(sealed);
    const auto inner = rookery::management::open_request(outer.SerializeAsString(), *server);
    if (!(choice & 1)) {
        fuzz::expect(inner && inner->plain == text && inner->key == agent->server_public_key(), "a box can be opened");
        const auto answer = rookery::management::seal_answer(*inner->box, server->server_public_key(), text);
        ::management::EncryptedMessage back;
        fuzz::expect(back.ParseFromString(answer) && box->open(back.body()) == text, "an answer can be opened");
    } else {
        fuzz::expect(!inner || inner->plain == text, "a changed box is not opened");
    }

    // Any key at all.
    outer.set_wgpubkey(text.substr(0, 64));
    rookery::management::open_request(outer.SerializeAsString(), *server);
    return 0;
}
