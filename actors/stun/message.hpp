// STUN Binding, the only method served (spec signal-relay-stun §3; RFC 5389). Pure: a datagram and its source in,
// what to send back out. No error responses exist.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace rookery::stun {

// Where a datagram came from. IPv4-mapped IPv6 sources are given as IPv4.
struct Source {
    bool v6 = false;
    std::array<std::uint8_t, 16> address{};  // network order; IPv4 uses the first four
    std::uint16_t port = 0;                  // host order
};

enum class Verdict : std::uint8_t {
    binding_request,
    not_stun,       // too short or without the magic cookie
    malformed,      // lengths that do not fit
    not_a_request,  // indications, responses, other methods
};

Verdict classify(std::span<const std::uint8_t> datagram) noexcept;

// XOR-MAPPED-ADDRESS and FINGERPRINT: 40 bytes for IPv4, 52 for IPv6.
struct Response {
    std::array<std::uint8_t, 52> bytes{};
    std::size_t size = 0;
};

// `request` was classified as a Binding Request.
Response answer(std::span<const std::uint8_t> request, const Source& source) noexcept;

}  // namespace rookery::stun
