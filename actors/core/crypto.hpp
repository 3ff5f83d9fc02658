// The port to the cryptography that pure cores need. Implemented by adapters/crypto; tests may use that too.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rookery::core {

using Digest256 = std::array<std::uint8_t, 32>;

class Crypto {
public:
    virtual ~Crypto() = default;
    virtual Digest256 sha256(std::string_view data) const = 0;
    virtual Digest256 hmac_sha256(std::string_view key, std::string_view data) const = 0;
    // Constant time for equal lengths.
    virtual bool equal(std::string_view a, std::string_view b) const = 0;
    // Cryptographically secure.
    virtual void random(void* out, std::size_t size) const = 0;
};

}  // namespace rookery::core
