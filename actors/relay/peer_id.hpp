// The name of an agent on the relay (spec signal-relay-stun §2.2): 36 bytes, "sha-" and the SHA-256 of the
// WireGuard public key's base64 text. The relay never sees the key and does not check the prefix.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "actors/core/crypto.hpp"

namespace rookery::relay {

struct PeerId {
    static constexpr std::size_t size = 36;

    std::array<std::uint8_t, size> bytes{};

    // `at` points to at least 36 readable bytes.
    static PeerId read(const std::uint8_t* at) {
        PeerId id;
        std::memcpy(id.bytes.data(), at, size);
        return id;
    }
    // `key` is the key's base64 text (44 characters), not its 32 bytes.
    static PeerId of_public_key(const core::Crypto& crypto, std::string_view key);

    // The key of the directory.
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }
    // For logs: "sha-" and base64; ids with another prefix print as "hex:" and all bytes.
    std::string display() const;

    friend auto operator<=>(const PeerId&, const PeerId&) = default;
};

// What health probers authenticate as, with a token that is never valid (spec §2.18): SHA-256("healthcheck-agent").
inline constexpr PeerId health_probe_id{{0x73, 0x68, 0x61, 0x2d, 0x89, 0x97, 0xfb, 0xf9, 0xa5, 0x82, 0xb2, 0xf5,
                                         0x57, 0xce, 0x65, 0x10, 0x60, 0x1a, 0x8b, 0x99, 0x3f, 0x8b, 0xef, 0x68,
                                         0xff, 0x11, 0xaa, 0xc9, 0x82, 0xe2, 0xf0, 0x96, 0x3b, 0xa9, 0xf6, 0x1c}};

}  // namespace rookery::relay

template <>
struct std::hash<rookery::relay::PeerId> {
    std::size_t operator()(const rookery::relay::PeerId& id) const noexcept {
        return std::hash<std::string_view>{}(id.view());
    }
};
