#include "adapters/crypto/link_crypto.hpp"

#include <sodium.h>

#include <array>

namespace rookery::adapters::crypto {
namespace {

static_assert(crypto_kx_PUBLICKEYBYTES == std::tuple_size_v<pool::Key>);
static_assert(crypto_kx_SESSIONKEYBYTES == std::tuple_size_v<pool::Key>);
static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == pool::LinkCrypto::seal_bytes);

using Nonce = std::array<unsigned char, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

Nonce nonce_of(std::uint64_t counter) {
    Nonce nonce{};
    for (std::size_t i = 0; i < sizeof counter; ++i)
        nonce[nonce.size() - sizeof counter + i] = static_cast<unsigned char>(counter >> (8 * i));
    return nonce;
}

unsigned char* raw(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* raw(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

pool::KeyPair SodiumLinkCrypto::new_keys() const {
    pool::KeyPair pair;
    crypto_kx_keypair(pair.public_key.data(), pair.secret_key.data());
    return pair;
}

std::optional<pool::LinkKeys> SodiumLinkCrypto::agree(const pool::KeyPair& own, const pool::Key& peer,
                                                      bool dialer) const {
    pool::LinkKeys keys;
    const auto agreed = dialer ? crypto_kx_client_session_keys : crypto_kx_server_session_keys;
    if (agreed(keys.receive.data(), keys.send.data(), own.public_key.data(), own.secret_key.data(), peer.data()) != 0)
        return std::nullopt;
    return keys;
}

std::string SodiumLinkCrypto::seal(const pool::Key& key, std::uint64_t counter, std::string_view plain) const {
    std::string out(plain.size() + seal_bytes, '\0');
    crypto_aead_chacha20poly1305_ietf_encrypt(raw(out), nullptr, raw(plain), plain.size(), nullptr, 0, nullptr,
                                              nonce_of(counter).data(), key.data());
    return out;
}

std::optional<std::string> SodiumLinkCrypto::open(const pool::Key& key, std::uint64_t counter,
                                                  std::string_view sealed) const {
    if (sealed.size() < seal_bytes) return std::nullopt;
    std::string out(sealed.size() - seal_bytes, '\0');
    if (crypto_aead_chacha20poly1305_ietf_decrypt(raw(out), nullptr, nullptr, raw(sealed), sealed.size(), nullptr, 0,
                                                  nonce_of(counter).data(), key.data()) != 0)
        return std::nullopt;
    return out;
}

}  // namespace rookery::adapters::crypto
