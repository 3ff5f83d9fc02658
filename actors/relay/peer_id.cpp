#include "actors/relay/peer_id.hpp"

#include "actors/core/encoding.hpp"

namespace rookery::relay {

namespace {
constexpr std::string_view prefix = "sha-";
}

PeerId PeerId::of_public_key(const core::Crypto& crypto, std::string_view key) {
    PeerId id;
    std::memcpy(id.bytes.data(), prefix.data(), prefix.size());
    const auto digest = crypto.sha256(key);
    std::memcpy(id.bytes.data() + prefix.size(), digest.data(), digest.size());
    return id;
}

std::string PeerId::display() const {
    if (!view().starts_with(prefix)) return "hex:" + core::hex_encode(view());
    return std::string(prefix) + core::base64_encode(view().substr(prefix.size()));
}

}  // namespace rookery::relay
