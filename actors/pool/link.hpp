// One side of one link: the handshake, and what is sealed after it. Pure: bytes in, messages and bytes out.
//
// Both sides greet with their node id, their public key and a fresh nonce; the keys must be those that the pool has
// announced. Session keys come from both key pairs (crypto_kx) and both greetings, so they are new for every link and
// only the owners of the announced keys have them. The first sealed frame that opens is the proof: before it, nothing a
// peer says has any effect, and a listener has said no more than its own greeting.
//
// Limits: `max_greeting_bytes` a frame before the proof, `max_content_bytes` after it; whoever breaks one has ended the
// link.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/core/error.hpp"
#include "actors/core/reply.hpp"
#include "actors/pool/link_crypto.hpp"
#include "actors/pool/link_wire.hpp"

namespace rookery::pool {

// This process, for all its links.
struct LinkSelf {
    NodeId node = 0;
    KeyPair keys;
};

class Link {
public:
    // The announced key of a node; nullopt: no node of this pool that we know.
    using KeyOf = std::function<std::optional<Key>(NodeId)>;

    // `self` and `crypto` outlive it.
    static Link dial(const LinkSelf& self, const LinkCrypto& crypto, NodeId peer);
    static Link accept(const LinkSelf& self, const LinkCrypto& crypto);

    // The dialer's first bytes; the listener's come from receive().
    std::string greet();

    struct Received {
        std::string answer;  // to be written
        std::vector<LinkMessage> messages;
    };
    // Bytes in any portions. The error ends the link.
    core::Result<Received> receive(std::string_view bytes, const KeyOf& key_of);

    // Both greetings are there: the peer gets what is sealed from now on.
    bool keyed() const { return keys_.has_value(); }
    // The peer has proved who it is.
    bool proved() const { return received_ > 0; }
    NodeId peer() const { return peer_; }  // 0: not known yet
    bool dialer() const { return dialer_; }

    // A frame; only when keyed().
    std::string seal(const LinkMessage& message);

private:
    Link(const LinkSelf& self, const LinkCrypto& crypto, bool dialer, NodeId peer)
        : self_(&self), crypto_(&crypto), dialer_(dialer), peer_(peer) {}

    core::Result<core::Done> on_greeting(std::string_view bytes, const KeyOf& key_of, Received& out);
    core::Result<core::Done> on_sealed(std::string_view bytes, Received& out);
    void derive(const LinkKeys& common, std::string_view peers_greeting);

    const LinkSelf* self_;
    const LinkCrypto* crypto_;
    bool dialer_;
    NodeId peer_;
    std::string greeted_;  // our greeting's bytes
    std::string partial_;  // of the next frame
    std::optional<LinkKeys> keys_;
    std::uint64_t sent_ = 0, received_ = 0;  // sealed frames
};

}  // namespace rookery::pool
