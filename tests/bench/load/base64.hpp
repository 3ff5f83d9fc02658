// Standard base64 with padding: how agents write their keys.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <span>
#include <string>

namespace rookery::bench {

inline std::string base64(std::span<const std::uint8_t> bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

}  // namespace rookery::bench
