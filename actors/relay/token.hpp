// The token an agent shows to a relay (spec signal-relay-stun §2.6) and the text form in which Management hands
// it out (§2.7, management-grpc §G.1). Not bound to a peer, not stored: whoever has the secret mints and checks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/core/crypto.hpp"

namespace rookery::relay {

// What goes into RelayConfig.
struct TokenFields {
    std::string payload;    // expiry, decimal Unix seconds
    std::string signature;  // standard base64 with padding of the 32 bytes
};

class Tokens {
public:
    // `secret` is used byte for byte; only its SHA-256 is kept. `crypto` outlives this.
    Tokens(const core::Crypto& crypto, std::string_view secret);

    // nullopt: valid. Otherwise the reason, checked in the order and worded as in §2.6. `now`: Unix seconds.
    std::optional<std::string> reject(std::string_view token, std::int64_t now) const;

    // `expires`: Unix seconds.
    TokenFields mint(std::int64_t expires) const;

private:
    const core::Crypto& crypto_;
    core::Digest256 key_;
};

}  // namespace rookery::relay
