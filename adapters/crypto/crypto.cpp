#include "adapters/crypto/crypto.hpp"

#include <sodium.h>

#include <cstdlib>

namespace rookery::adapters::crypto {
namespace {
const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
}  // namespace

SodiumCrypto::SodiumCrypto() {
    if (sodium_init() < 0) std::abort();
}

core::Digest256 SodiumCrypto::sha256(std::string_view data) const {
    core::Digest256 out;
    crypto_hash_sha256(out.data(), bytes(data), data.size());
    return out;
}

core::Digest256 SodiumCrypto::hmac_sha256(std::string_view key, std::string_view data) const {
    core::Digest256 out;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
    crypto_auth_hmacsha256_update(&state, bytes(data), data.size());
    crypto_auth_hmacsha256_final(&state, out.data());
    return out;
}

bool SodiumCrypto::equal(std::string_view a, std::string_view b) const {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void SodiumCrypto::random(void* out, std::size_t size) const {
    randombytes_buf(out, size);
}

}  // namespace rookery::adapters::crypto
