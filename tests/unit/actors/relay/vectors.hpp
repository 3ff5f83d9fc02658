// The wire vectors of tests/data/relay.json.
#pragma once

#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "actors/core/encoding.hpp"
#include "actors/relay/peer_id.hpp"

namespace rookery::test {

inline const nlohmann::json& vectors() {
    static const auto document = nlohmann::json::parse(std::ifstream(TEST_DATA "/relay.json"));
    return document;
}

inline std::string unhex(const nlohmann::json& hex) {
    return core::hex_decode(hex.get<std::string>()).value();
}

inline std::span<const std::uint8_t> bytes(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// "A" or "B".
inline relay::PeerId peer(const std::string& name) {
    for (const auto& p : vectors()["peers"])
        if (p["name"] == name) return relay::PeerId::read(bytes(unhex(p["peer_id_hex"])).data());
    throw std::runtime_error("no peer " + name);
}

// Distinct ids for tables.
inline relay::PeerId numbered(std::uint32_t n) {
    relay::PeerId id;
    std::memcpy(id.bytes.data(), "sha-", 4);
    std::memcpy(id.bytes.data() + 4, &n, sizeof n);
    return id;
}

}  // namespace rookery::test
