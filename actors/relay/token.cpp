#include "actors/relay/token.hpp"

#include <charconv>
#include <system_error>

#include <fmt/core.h>

#include "actors/core/encoding.hpp"

namespace rookery::relay {

namespace {

constexpr std::uint8_t hmac_sha256 = 1;
constexpr std::size_t min_payload = 10;

// Go's ParseInt(text, 10, 64): an optional sign and digits, nothing else.
std::errc parse_decimal(std::string_view text, std::int64_t& value) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::errc::invalid_argument;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return std::errc::invalid_argument;
    return error;
}

std::string printable(std::string_view text) {
    std::string out;
    for (const unsigned char c : text)
        out += c >= 0x20 && c < 0x7f && c != '"' && c != '\\' ? std::string(1, static_cast<char>(c))
                                                              : fmt::format("\\x{:02x}", c);
    return out;
}

}  // namespace

Tokens::Tokens(const core::Crypto& crypto, std::string_view secret) : crypto_(crypto), key_(crypto.sha256(secret)) {}

std::optional<std::string> Tokens::reject(std::string_view token, std::int64_t now) const {
    if (token.empty()) return "invalid token data";
    const auto algorithm = static_cast<std::uint8_t>(token.front());
    const std::size_t signature_size = algorithm == hmac_sha256 ? key_.size() : 0;
    token.remove_prefix(1);
    if (token.size() < signature_size) return "invalid token data: insufficient length";
    const auto signature = token.substr(0, signature_size);
    const auto payload = token.substr(signature_size);
    if (payload.size() < min_payload) return "invalid payload: insufficient length";
    if (algorithm != hmac_sha256) return "unsupported auth algorithm: Unknown";
    if (!crypto_.equal(core::as_text(crypto_.hmac_sha256(core::as_text(key_), payload)), signature))
        return "invalid signature";
    std::int64_t expires = 0;
    if (const auto error = parse_decimal(payload, expires); error != std::errc{})
        return fmt::format("invalid payload: parsing \"{}\": {}", printable(payload),
                           error == std::errc::result_out_of_range ? "value out of range" : "invalid syntax");
    if (now > expires) return "expired token";
    return std::nullopt;
}

TokenFields Tokens::mint(std::int64_t expires) const {
    auto payload = std::to_string(expires);
    const auto signature = crypto_.hmac_sha256(core::as_text(key_), payload);
    return {std::move(payload), core::base64_encode(core::as_text(signature))};
}

}  // namespace rookery::relay
