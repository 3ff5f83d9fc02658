#include "actors/relay/wire.hpp"

#include <algorithm>
#include <array>

namespace rookery::relay::wire {

namespace {

constexpr std::array<std::uint8_t, 4> magic{0x21, 0x12, 0xA4, 0x42};
constexpr std::size_t auth_header = header_size + magic.size() + PeerId::size;

std::string head(Type type, std::size_t body) {
    std::string m;
    m.reserve(header_size + body);
    m.push_back(static_cast<char>(version));
    m.push_back(static_cast<char>(type));
    return m;
}

}  // namespace

const char* to_string(AuthError error) noexcept {
    switch (error) {
        case AuthError::too_short: return "message shorter than its header";
        case AuthError::version: return "unsupported protocol version";
        case AuthError::unknown_type: return "unknown message type";
        case AuthError::not_auth: return "first message is not Auth";
        case AuthError::short_header: return "Auth message shorter than 42 bytes";
        case AuthError::magic: return "Auth message without magic";
    }
    return "malformed message";
}

tl::expected<Auth, AuthError> parse_auth(Bytes m) {
    if (m.size() < header_size) return tl::unexpected(AuthError::too_short);
    if (m[0] != version) return tl::unexpected(AuthError::version);
    if (m[1] < static_cast<std::uint8_t>(Type::hello_removed) ||
        m[1] > static_cast<std::uint8_t>(Type::peers_went_offline))
        return tl::unexpected(AuthError::unknown_type);
    if (m[1] != static_cast<std::uint8_t>(Type::auth)) return tl::unexpected(AuthError::not_auth);
    if (m.size() < auth_header) return tl::unexpected(AuthError::short_header);
    if (!std::equal(magic.begin(), magic.end(), m.begin() + header_size)) return tl::unexpected(AuthError::magic);
    const auto token = m.subspan(auth_header);
    return Auth{PeerId::read(m.data() + header_size + magic.size()),
                {reinterpret_cast<const char*>(token.data()), token.size()}};
}

Inbound classify(Bytes m) noexcept {
    using Kind = Inbound::Kind;
    if (m.size() < header_size || m[0] != version) return {Kind::violation, {}};
    const auto body = m.subspan(header_size);
    switch (static_cast<Type>(m[1])) {
        case Type::transport: return {body.size() < PeerId::size ? Kind::ignored : Kind::transport, body};
        case Type::close: return {Kind::close, {}};
        case Type::health_check: return {Kind::health_check, {}};
        case Type::auth: return {Kind::ignored, {}, true};
        case Type::subscribe: return {body.size() % PeerId::size ? Kind::ignored : Kind::subscribe, body};
        case Type::unsubscribe: return {body.size() % PeerId::size ? Kind::ignored : Kind::unsubscribe, body};
        default: return {Kind::violation, {}};
    }
}

std::vector<PeerId> read_ids(Bytes body) {
    std::vector<PeerId> ids;
    ids.reserve(body.size() / PeerId::size);
    for (std::size_t at = 0; at + PeerId::size <= body.size(); at += PeerId::size)
        ids.push_back(PeerId::read(body.data() + at));
    return ids;
}

std::string auth(const PeerId& id, std::string_view token) {
    auto m = head(Type::auth, magic.size() + PeerId::size + token.size());
    m.append(magic.begin(), magic.end());
    m.append(id.view());
    m.append(token);
    return m;
}

std::string auth_response(std::string_view url) {
    auto m = head(Type::auth_response, url.size());
    m.append(url);
    return m;
}

std::string transport(const PeerId& id, std::string_view payload) {
    auto m = head(Type::transport, PeerId::size + payload.size());
    m.append(id.view());
    m.append(payload);
    return m;
}

std::string health_check() {
    return head(Type::health_check, 0);
}

std::string close() {
    return head(Type::close, 0);
}

std::vector<std::string> id_list(Type type, std::span<const PeerId> ids) {
    std::vector<std::string> messages;
    while (!ids.empty()) {
        const auto part = ids.first(std::min(ids.size(), max_ids));
        auto& m = messages.emplace_back(head(type, part.size() * PeerId::size));
        for (const auto& id : part) m.append(id.view());
        ids = ids.subspan(part.size());
    }
    return messages;
}

}  // namespace rookery::relay::wire
