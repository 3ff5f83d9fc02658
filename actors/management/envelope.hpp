// The port to the box around every inner message of the agents' gRPC (management-grpc §B): NaCl crypto_box
// between the server's key and the peer's WireGuard key; nonce (24) + tag (16) + ciphertext.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/management/model.hpp"

namespace rookery::management {

// The box towards one peer; keeps the shared key, so that the key exchange is done once per peer.
class Box {
public:
    virtual ~Box() = default;
    virtual std::string seal(std::string_view plain) const = 0;
    // nullopt: too short, or not sealed by that peer for us.
    virtual std::optional<std::string> open(std::string_view sealed) const = 0;
};

// Thread-safe.
class Envelope {
public:
    virtual ~Envelope() = default;
    virtual std::string server_public_key() const = 0;  // base64
    // nullptr if `peer` is not a usable Curve25519 key. Shared keys are kept for the most recent peers.
    virtual std::shared_ptr<const Box> box_for(const PublicKey& peer) = 0;
};

}  // namespace rookery::management
