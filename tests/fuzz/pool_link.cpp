// What comes to a link's port: from a stranger, then from a sibling that has proved itself and says what it likes.
#include "actors/pool/links.hpp"
#include "adapters/crypto/link_crypto.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rookery;

namespace {

constexpr pool::NodeId self = 1, sibling = 2;

struct Listener {
    adapters::crypto::SodiumLinkCrypto crypto;
    pool::KeyPair keys = crypto.new_keys(), siblings_keys = crypto.new_keys();
    pool::Routes routes;
    core::SteadyTime now{std::chrono::hours(1)};
    pool::Links links{{self, keys}, crypto, routes, {}, [] { return 0.5; }, now};
    pool::LinkEffects effects;

    Listener() { links.know(sibling, {siblings_keys.public_key, {"sibling:1"}}, now, effects); }
};

// As it comes, in portions.
void stranger(fuzz::Input input) {
    Listener l;
    const auto connection = l.links.accept("stranger", l.now);
    while (!input.empty()) l.links.receive(*connection, input.chunk(), l.now, l.effects);
    fuzz::expect(l.effects.received.empty(), "a stranger is not listened to");
    fuzz::expect(l.routes.linked().empty(), "a stranger is no way to anybody");
    fuzz::expect(l.links.take(*connection).size() < 512, "a stranger hears no more than a greeting");
}

// Every chunk is sealed as the sibling would.
void peer(fuzz::Input input) {
    Listener l;
    const pool::LinkSelf other{sibling, l.siblings_keys};
    const auto key_of = [&](pool::NodeId) { return std::optional(l.keys.public_key); };
    auto dialer = pool::Link::dial(other, l.crypto, self);
    const auto connection = l.links.accept("sibling", l.now);
    l.links.receive(*connection, dialer.greet(), l.now, l.effects);
    fuzz::expect(dialer.receive(l.links.take(*connection), key_of).has_value(), "the answer is a node's");
    l.links.receive(*connection, dialer.seal(pool::Ping{}), l.now, l.effects);
    fuzz::expect(l.links.connection_to(sibling) == connection, "the sibling has proved itself");
    while (!input.empty()) {
        const auto message = pool::decode_link_message(input.chunk());
        if (!message || std::holds_alternative<pool::Unknown>(*message)) continue;
        fuzz::expect(pool::decode_link_message(pool::encode(*message)) == *message, "what was read can be written");
        l.links.receive(*connection, dialer.seal(*message), l.now, l.effects);
    }
    l.now += std::chrono::seconds(1);
    l.links.tick(l.now, l.effects);
    fuzz::expect(l.links.views().size() <= 256, "nodes are bounded");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    stranger({data, size});
    peer({data, size});
    return 0;
}
