#include "config/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/text.hpp"

namespace rookery::config {
namespace {

// Bits of the address family the literal belongs to.
std::optional<int> address_bits(const std::string& literal) {
    std::array<unsigned char, sizeof(in6_addr)> ignored{};
    if (inet_pton(AF_INET, literal.c_str(), ignored.data()) == 1) return 32;
    if (inet_pton(AF_INET6, literal.c_str(), ignored.data()) == 1) return 128;
    return std::nullopt;
}

}  // namespace

std::optional<std::string> parse_network(std::string_view text) {
    const auto slash = std::min(text.find('/'), text.size());
    const std::string literal(text.substr(0, slash));
    const auto bits = address_bits(literal);
    if (!bits) return std::nullopt;
    if (slash == text.size()) return fmt::format("{}/{}", literal, *bits);
    const auto digits = text.substr(slash + 1);
    const auto length = parse_integer(digits);
    const bool plain = digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (!plain || !length || *length > *bits) return std::nullopt;
    return fmt::format("{}/{}", literal, *length);
}

}  // namespace rookery::config
