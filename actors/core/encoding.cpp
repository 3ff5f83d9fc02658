#include "actors/core/encoding.hpp"

#include <array>
#include <cstdint>

namespace rookery::core {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
    std::array<std::int8_t, 256> values{};
    for (auto& v : values) v = -1;
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return values;
}
constexpr auto values = make_values();

constexpr bool is_line_break(char c) {
    return c == '\r' || c == '\n';
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto left = bytes.size() - i;
        std::uint32_t group = static_cast<unsigned char>(bytes[i]) << 16;
        if (left > 1) group |= static_cast<unsigned char>(bytes[i + 1]) << 8;
        if (left > 2) group |= static_cast<unsigned char>(bytes[i + 2]);
        out += alphabet[group >> 18];
        out += alphabet[group >> 12 & 63];
        out += left > 1 ? alphabet[group >> 6 & 63] : '=';
        out += left > 2 ? alphabet[group & 63] : '=';
    }
    return out;
}

tl::expected<std::string, std::size_t> base64_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::size_t i = 0;
    const auto skip_breaks = [&] {
        while (i < text.size() && is_line_break(text[i])) ++i;
    };
    for (;;) {
        skip_breaks();
        if (i == text.size()) return out;
        const auto quantum_start = i;
        std::uint32_t group = 0;
        int symbols = 0;
        while (symbols < 4) {
            skip_breaks();
            if (i == text.size()) return tl::unexpected(quantum_start);
            const char c = text[i];
            if (c == '=') break;
            const auto value = values[static_cast<unsigned char>(c)];
            if (value < 0) return tl::unexpected(i);
            group = group << 6 | static_cast<std::uint32_t>(value);
            ++symbols;
            ++i;
        }
        if (symbols == 4) {
            out += static_cast<char>(group >> 16);
            out += static_cast<char>(group >> 8);
            out += static_cast<char>(group);
            continue;
        }
        // Padding: two or three symbols, then "==" or "=", then nothing but line breaks.
        if (symbols < 2) return tl::unexpected(i);
        ++i;
        if (symbols == 2) {
            skip_breaks();
            if (i == text.size()) return tl::unexpected(quantum_start);
            if (text[i] != '=') return tl::unexpected(i);
            ++i;
        }
        skip_breaks();
        if (i != text.size()) return tl::unexpected(i);
        group <<= 6 * (4 - symbols);
        out += static_cast<char>(group >> 16);
        if (symbols == 3) out += static_cast<char>(group >> 8);
        return out;
    }
}

std::string hex_encode(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const unsigned char b : bytes) {
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
    const auto nibble = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = nibble(text[i]);
        const int low = nibble(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
    }
    return out;
}

}  // namespace rookery::core
