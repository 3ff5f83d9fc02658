// core::Crypto by libsodium.
#pragma once

#include "actors/core/crypto.hpp"

namespace rookery::adapters::crypto {

class SodiumCrypto final : public core::Crypto {
public:
    SodiumCrypto();  // initialises the library; aborts the process if it cannot, as nothing is safe then

    core::Digest256 sha256(std::string_view data) const override;
    core::Digest256 hmac_sha256(std::string_view key, std::string_view data) const override;
    bool equal(std::string_view a, std::string_view b) const override;
    void random(void* out, std::size_t size) const override;
};

}  // namespace rookery::adapters::crypto
