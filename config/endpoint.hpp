// Where to listen, as text: ":443", "0.0.0.0:443", "[::1]:443", "localhost:443".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "config/outcome.hpp"

namespace rookery::config {

struct HostPort {
    std::string host;                 // without brackets
    std::optional<std::string> port;  // as typed
};
// Splits at the last colon outside brackets; std::nullopt for an unbracketed IPv6 address or stray brackets.
std::optional<HostPort> split_host_port(std::string_view text);

std::optional<std::uint16_t> parse_port(std::string_view text);  // decimal digits, 0 to 65535

std::string bracketed(const std::string& host);  // "[::1]" for an IPv6 literal, others unchanged

// The error names the text and shows what an address looks like; the caller puts the key before it.
Parsed<Endpoint> parse_endpoint(std::string_view text);

}  // namespace rookery::config
