// What an agent says inside its box: calls one after the other, each a method and the bytes of its message. Known are
// the setup key of the account and, with method numbers above 127, the key of the peer that is there.
#include "actors/management/agent_service.hpp"

#include "actors/management/agent_envelope.hpp"
#include "actors/management/infrastructure.hpp"
#include "adapters/crypto/sodium_envelope.hpp"
#include "tests/fuzz/account.hpp"

using namespace rookery;
namespace rpc = core::rpc;
using adapters::crypto::SodiumEnvelope;

namespace {

// The rest of a Sync is the actors'; what its request does is seen here.
struct Stream final : rpc::Stream {
    bool finished = false;
    void send_initial_metadata(rpc::Metadata) override {}
    void write(rpc::Bytes) override {}
    void finish(rpc::Status status) override {
        fuzz::expect(!finished, "a stream ends once");
        fuzz::expect(status.ok() || !status.message.empty(), "an error says something");
        finished = true;
    }
    void cancel() override {}
};

struct Host {
    std::shared_ptr<SodiumEnvelope> server = SodiumEnvelope::create(config::Secret(fuzz::private_key)).value();
    std::unique_ptr<SodiumEnvelope> known = agent("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=");
    std::unique_ptr<SodiumEnvelope> stranger = agent("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=");
    fuzz::Account account{known->server_public_key()};
    config::Management configuration;
    rpc::Methods methods;

    Host() {
        configuration.signal_uri = "example.com:443";
        configuration.relay_urls = {"rels://example.com:443"};
        configuration.relay_secret = config::Secret("secret");
        rookery::management::AgentWiring wiring;
        wiring.api = std::shared_ptr<rookery::management::Api>(&account.api, [](auto*) {});
        wiring.envelope = server;
        wiring.crypto = std::shared_ptr<const core::Crypto>(&account.crypto, [](auto*) {});
        auto shared = std::make_shared<rookery::management::SyncShared>();
        shared->infrastructure = std::make_shared<rookery::management::Infrastructure>(configuration, account.crypto);
        shared->server_key = server->server_public_key();
        wiring.shared = shared;
        methods = rookery::management::agent_methods(wiring);
    }

    static std::unique_ptr<SodiumEnvelope> agent(const char* key) {
        return SodiumEnvelope::create(config::Secret(key)).value();
    }

    void call(const rpc::Method& method, const SodiumEnvelope& from, const rookery::management::Box& box,
              std::string_view inner) {
        const auto message = rookery::management::seal_answer(box, from.server_public_key(), std::string(inner));
        rpc::CallInfo info;
        info.method = method.path;
        info.remote = "192.0.2.1:1234";
        if (!method.unary) {
            const auto stream = std::make_shared<Stream>();
            const auto handler = method.stream(info, stream);
            handler->on_message(message);
            handler->on_message(message);
            handler->on_closed();
            return;
        }
        int answers = 0;
        method.unary(info, message, [&](const rpc::Status& status, const std::string& body) {
            ++answers;
            fuzz::expect(status.ok() || !status.message.empty(), "an error says something");
            fuzz::expect(status.code != rpc::Code::unavailable, "nothing is lost on the way");
            if (!status.ok() || !method.path.ends_with("/Login")) return;
            ::management::EncryptedMessage outer;
            ::management::LoginResponse login;
            fuzz::expect(outer.ParseFromString(body), "an answer is a message");
            const auto plain = box.open(outer.body());
            fuzz::expect(plain && login.ParseFromString(*plain) && !login.peerconfig().address().empty(),
                         "who is logged in has an address");
        });
        fuzz::expect(answers == 1, "a call is answered once");
    }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static auto& host = *new Host;
    static const auto known_box = host.known->box_for(host.server->server_public_key());
    static const auto stranger_box = host.stranger->box_for(host.server->server_public_key());
    host.account.reset();
    fuzz::Input input(data, size);
    for (int calls = 0; !input.empty() && calls < 8; ++calls) {
        const auto choice = input.byte();
        const auto& method = host.methods[(choice & 127) % host.methods.size()];
        const bool known = choice & 128;
        host.call(method, known ? *host.known : *host.stranger, known ? *known_box : *stranger_box, input.chunk());
    }
    host.account.check_maps();
    return 0;
}
