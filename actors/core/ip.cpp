#include "actors/core/ip.hpp"

#include <algorithm>
#include <charconv>

namespace rookery::core {
namespace {

// Decimal without sign, blanks or leading zeros, at most `max`.
std::optional<int> parse_number(std::string_view text, int max) {
    if (text.empty() || text.size() > 3 || text[0] == '-' || (text.size() > 1 && text[0] == '0')) return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
    return value;
}

std::optional<std::uint16_t> parse_group(std::string_view text) {
    if (text.empty() || text.size() > 4) return std::nullopt;
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

constexpr std::uint32_t mask4(int length) {
    return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
}

Ipv6 masked(Ipv6 address, int length) {
    for (int i = 0; i < 16; ++i) {
        const int bits = std::clamp(length - i * 8, 0, 8);
        address.bytes[i] &= static_cast<std::uint8_t>(0xFF00 >> bits);
    }
    return address;
}

// "address/length" into its halves.
std::optional<std::pair<std::string_view, int>> split_prefix(std::string_view text, int max_length) {
    const auto slash = text.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto length = parse_number(text.substr(slash + 1), max_length);
    if (!length) return std::nullopt;
    return std::pair{text.substr(0, slash), *length};
}

}  // namespace

bool Prefix4::contains(Ipv4 a) const {
    return (a.value & mask4(length)) == address.value;
}

bool Prefix6::contains(const Ipv6& a) const {
    return masked(a, length) == address;
}

std::optional<Ipv4> parse_ipv4(std::string_view text) {
    Ipv4 address;
    for (int i = 0; i < 4; ++i) {
        const auto dot = i < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos) return std::nullopt;
        const auto octet = parse_number(text.substr(0, dot), 255);
        if (!octet) return std::nullopt;
        address.value = address.value << 8 | static_cast<std::uint32_t>(*octet);
        if (i < 3) text.remove_prefix(dot + 1);
    }
    return address;
}

std::optional<Ipv6> parse_ipv6(std::string_view text) {
    std::array<std::uint16_t, 8> groups{};
    int count = 0;
    int gap = -1;  // where "::" stands
    if (text.starts_with("::")) {
        gap = 0;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        if (count == 8) return std::nullopt;
        const auto colon = text.find(':');
        const auto part = text.substr(0, colon);
        if (colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
            // The last 32 bits written as an IPv4 address.
            const auto v4 = parse_ipv4(part);
            if (!v4 || count > 6) return std::nullopt;
            groups[count++] = static_cast<std::uint16_t>(v4->value >> 16);
            groups[count++] = static_cast<std::uint16_t>(v4->value);
            break;
        }
        const auto group = parse_group(part);
        if (!group) return std::nullopt;
        groups[count++] = *group;
        if (colon == std::string_view::npos) break;
        text.remove_prefix(colon + 1);
        if (text.empty()) return std::nullopt;  // ends in a single colon
        if (text[0] == ':') {
            if (gap >= 0) return std::nullopt;
            gap = count;
            text.remove_prefix(1);
        }
    }
    if (gap < 0 ? count != 8 : count > 7) return std::nullopt;
    if (gap >= 0) {
        std::move_backward(groups.begin() + gap, groups.begin() + count, groups.end());
        std::fill_n(groups.begin() + gap, 8 - count, std::uint16_t{0});
    }
    Ipv6 address;
    for (int i = 0; i < 8; ++i) {
        address.bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
        address.bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i]);
    }
    return address;
}

std::optional<Prefix4> parse_prefix4(std::string_view text) {
    const auto parts = split_prefix(text, 32);
    if (!parts) return std::nullopt;
    const auto address = parse_ipv4(parts->first);
    if (!address) return std::nullopt;
    return Prefix4{Ipv4{address->value & mask4(parts->second)}, parts->second};
}

std::optional<Prefix6> parse_prefix6(std::string_view text) {
    const auto parts = split_prefix(text, 128);
    if (!parts) return std::nullopt;
    const auto address = parse_ipv6(parts->first);
    if (!address) return std::nullopt;
    return Prefix6{masked(*address, parts->second), parts->second};
}

std::string to_string(Ipv4 address) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) {
        out += std::to_string(address.value >> shift & 255);
        if (shift) out += '.';
    }
    return out;
}

std::string to_string(const Ipv6& address) {
    const auto& b = address.bytes;
    if (std::all_of(b.begin(), b.begin() + 10, [](auto x) { return x == 0; }) && b[10] == 0xFF && b[11] == 0xFF)
        return "::ffff:" + to_string(Ipv4{static_cast<std::uint32_t>(b[12]) << 24 | b[13] << 16 | b[14] << 8 | b[15]});

    std::array<unsigned, 8> groups;
    for (int i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(b[2 * i] << 8 | b[2 * i + 1]);
    // The first longest run of at least two zero groups is written "::".
    int best = -1, best_length = 1;
    for (int i = 0; i < 8;) {
        int end = i;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - i > best_length) {
            best = i;
            best_length = end - i;
        }
        i = std::max(end, i + 1);
    }
    std::string out;
    for (int i = 0; i < 8;) {
        if (i == best) {
            out += "::";
            i += best_length;
            continue;
        }
        if (!out.empty() && out.back() != ':') out += ':';
        char text[4];
        const auto end = std::to_chars(text, text + sizeof text, groups[i], 16).ptr;
        out.append(text, end);
        ++i;
    }
    return out;
}

std::string to_string(const Prefix4& prefix) {
    return to_string(prefix.address) + '/' + std::to_string(prefix.length);
}

std::string to_string(const Prefix6& prefix) {
    return to_string(prefix.address) + '/' + std::to_string(prefix.length);
}

std::string_view host_of(std::string_view remote) {
    if (!remote.starts_with('[')) return remote.substr(0, remote.rfind(':'));
    remote.remove_prefix(1);
    return remote.substr(0, remote.find(']'));
}

}  // namespace rookery::core
