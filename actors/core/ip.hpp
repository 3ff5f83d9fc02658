// IP addresses and prefixes as values: parse, print, compare. No sockets.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rookery::core {

struct Ipv4 {
    std::uint32_t value = 0;  // host byte order
    friend auto operator<=>(const Ipv4&, const Ipv4&) = default;
};

struct Ipv6 {
    std::array<std::uint8_t, 16> bytes{};
    friend auto operator<=>(const Ipv6&, const Ipv6&) = default;
};

struct Prefix4 {
    Ipv4 address;  // host bits zero
    int length = 0;
    bool contains(Ipv4 a) const;
    friend bool operator==(const Prefix4&, const Prefix4&) = default;
};

struct Prefix6 {
    Ipv6 address;  // host bits zero
    int length = 0;
    bool contains(const Ipv6& a) const;
    friend bool operator==(const Prefix6&, const Prefix6&) = default;
};

std::optional<Ipv4> parse_ipv4(std::string_view text);
std::optional<Ipv6> parse_ipv6(std::string_view text);
std::optional<Prefix4> parse_prefix4(std::string_view text);  // "100.64.0.0/16"
std::optional<Prefix6> parse_prefix6(std::string_view text);

std::string to_string(Ipv4 address);
std::string to_string(const Ipv6& address);  // RFC 5952
std::string to_string(const Prefix4& prefix);
std::string to_string(const Prefix6& prefix);

// The address of "1.2.3.4:567", "[::1]:567", or of either without a port: no brackets.
std::string_view host_of(std::string_view remote);

}  // namespace rookery::core
