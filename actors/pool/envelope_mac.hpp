// Whether an envelope comes from a node of this pool (design §4.8): with a secret that all nodes share, every envelope
// carries a MAC, and one without it is refused. Without a secret, whoever reaches the NATS servers is believed.
//
//   u8 0x81, then 32 bytes HMAC-SHA-256 of the envelope (codec.hpp) that follows
//
// It does not keep anybody from sending again what was sent before.
#pragma once

#include <string>
#include <string_view>

#include "actors/core/crypto.hpp"
#include "actors/core/error.hpp"

namespace rookery::pool {

inline constexpr std::size_t mac_overhead = 33;

class EnvelopeMac {
public:
    EnvelopeMac() = default;  // no secret
    // `crypto` outlives it.
    EnvelopeMac(const core::Crypto& crypto, std::string_view secret);

    std::string seal(std::string envelope) const;
    // The envelope within; the error says what is wrong with its MAC.
    core::Result<std::string_view> open(std::string_view bytes) const;

private:
    std::string mac(std::string_view envelope) const;

    const core::Crypto* crypto_ = nullptr;  // null: no secret
    std::string key_;
};

}  // namespace rookery::pool
