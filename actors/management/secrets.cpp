#include "actors/management/secrets.hpp"

#include <array>
#include <cstdint>

#include "actors/core/encoding.hpp"

namespace rookery::management {
namespace {

constexpr std::string_view base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view token_prefix = "nbp_";
constexpr std::size_t token_secret_size = 30;
constexpr std::size_t token_checksum_size = 6;

std::uint32_t crc32(std::string_view data) {  // IEEE, bit by bit: thirty bytes
    std::uint32_t crc = ~std::uint32_t{0};
    for (const unsigned char c : data) {
        crc ^= c;
        for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

// Most significant digit first, left-padded with "0".
std::string encode_base62(std::uint64_t value) {
    std::string out(token_checksum_size, '0');
    for (auto digit = out.rbegin(); digit != out.rend(); ++digit, value /= 62) *digit = base62[value % 62];
    return out;
}

std::optional<std::uint64_t> decode_base62(std::string_view text) {
    std::uint64_t value = 0;
    for (const char c : text) {
        const auto digit = base62.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        value = value * 62 + digit;
    }
    return value;
}

std::string random_base62(std::size_t size, const core::Crypto& crypto) {
    std::string out;
    while (out.size() < size) {
        std::array<std::uint8_t, 64> bytes;
        crypto.random(bytes.data(), bytes.size());
        for (const auto b : bytes) {
            if (b >= 248 || out.size() == size) continue;  // 248 = 4 · 62: every character equally likely
            out += base62[b % 62];
        }
    }
    return out;
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string upper_case(std::string_view text) {
    std::string out(text);
    for (auto& c : out) c = upper(c);
    return out;
}

std::string base64_sha256(std::string_view text, const core::Crypto& crypto) {
    return core::base64_encode(core::as_text(crypto.sha256(text)));
}

}  // namespace

std::string new_xid(core::WallTime now, const core::Crypto& crypto) {
    std::array<std::uint8_t, 12> id;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    for (int i = 0; i < 4; ++i) id[i] = static_cast<std::uint8_t>(seconds >> (24 - 8 * i));
    crypto.random(id.data() + 4, 8);
    constexpr std::string_view base32hex = "0123456789abcdefghijklmnopqrstuv";
    std::string out;
    for (std::size_t bit = 0; bit < 100; bit += 5) {  // 96 bits and four of padding
        const std::uint16_t high = id[bit / 8];
        const std::uint16_t low = bit / 8 + 1 < id.size() ? id[bit / 8 + 1] : 0;
        out += base32hex[(high << 8 | low) >> (11 - bit % 8) & 31];
    }
    return out;
}

std::string new_uuid(const core::Crypto& crypto) {
    std::array<std::uint8_t, 16> id;
    crypto.random(id.data(), id.size());
    id[6] = static_cast<std::uint8_t>((id[6] & 0x0F) | 0x40);
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3F) | 0x80);
    auto text = core::hex_encode(core::as_text(id));
    for (const auto position : {8, 13, 18, 23}) text.insert(static_cast<std::size_t>(position), 1, '-');
    return text;
}

config::Secret new_access_token(const core::Crypto& crypto) {
    const auto secret = random_base62(token_secret_size, crypto);
    return config::Secret(std::string(token_prefix) + secret + encode_base62(crc32(secret)));
}

bool well_formed_access_token(std::string_view token) {
    if (token.size() != token_prefix.size() + token_secret_size + token_checksum_size) return false;
    if (!token.starts_with(token_prefix)) return false;
    const auto secret = token.substr(token_prefix.size(), token_secret_size);
    const auto checksum = decode_base62(token.substr(token_prefix.size() + token_secret_size));
    return checksum && *checksum == crc32(secret);
}

std::string hash_access_token(std::string_view token, const core::Crypto& crypto) {
    return base64_sha256(token, crypto);
}

config::Secret new_password(const core::Crypto& crypto) {
    return config::Secret(random_base62(24, crypto));
}

std::string hash_new_password(std::string_view password, const core::Crypto& crypto) {
    return "sha256:" + base64_sha256(password, crypto);
}

config::Secret new_setup_key(const core::Crypto& crypto) {
    return config::Secret(upper_case(new_uuid(crypto)));
}

std::string hash_setup_key(std::string_view key, const core::Crypto& crypto) {
    return base64_sha256(upper_case(key), crypto);
}

std::string mask_setup_key(std::string_view key) {
    return std::string(key.substr(0, 5)) + "****";
}

std::optional<std::string> canonical_public_key(std::string_view text) {
    const auto bytes = core::base64_decode(text);
    if (!bytes || bytes->size() != 32) return std::nullopt;
    return core::base64_encode(*bytes);
}

}  // namespace rookery::management
