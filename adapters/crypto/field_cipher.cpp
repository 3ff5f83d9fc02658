#include "adapters/crypto/field_cipher.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdlib>

#include "actors/core/encoding.hpp"

namespace rookery::adapters::crypto {
namespace {

using core::ErrorKind;
using core::fail;

constexpr std::size_t key_size = 32, nonce_size = 12, tag_size = 16;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* bytes(std::string& s) {
    return reinterpret_cast<unsigned char*>(s.data());
}
const unsigned char* bytes(std::string_view s) {
    return reinterpret_cast<const unsigned char*>(s.data());
}

// Blanks and quotes around a key come from shells and files; named, so that nobody has to guess.
std::string_view trimmed(std::string_view text) {
    constexpr std::string_view around = " \t\"'";
    const auto begin = text.find_first_not_of(around);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(around) - begin + 1);
}

bool is_key(std::string_view text) {
    const auto decoded = core::base64_decode(text);
    return decoded && decoded->size() == key_size;
}

}  // namespace

core::Result<std::unique_ptr<AesGcmFieldCipher>> AesGcmFieldCipher::create(const config::Secret& key) {
    auto decoded = core::base64_decode(key.reveal());
    if (!decoded) {
        auto message = "decode encryption key: illegal base64 data at input byte " + std::to_string(decoded.error());
        if (is_key(trimmed(key.reveal()))) message += " (it is a key once the blanks or quotes around it are removed)";
        return fail(ErrorKind::invalid_argument, std::move(message));
    }
    if (decoded->size() != key_size)
        return fail(ErrorKind::invalid_argument,
                    "encryption key must be 32 bytes, got " + std::to_string(decoded->size()));
    return std::unique_ptr<AesGcmFieldCipher>(new AesGcmFieldCipher(std::move(*decoded)));
}

config::Secret AesGcmFieldCipher::new_key() {
    std::string key(key_size, '\0');
    if (RAND_bytes(bytes(key), key_size) != 1) std::abort();  // nothing is safe without randomness
    return config::Secret(core::base64_encode(key));
}

AesGcmFieldCipher::~AesGcmFieldCipher() {
    OPENSSL_cleanse(key_.data(), key_.size());
}

core::Result<std::string> AesGcmFieldCipher::encrypt(std::string_view plain) const {
    if (plain.empty()) return std::string();
    std::string out(nonce_size + plain.size() + tag_size, '\0');
    auto* nonce = bytes(out);
    auto* body = nonce + nonce_size;
    int size = 0;
    const Context context(EVP_CIPHER_CTX_new());
    if (!context || RAND_bytes(nonce, nonce_size) != 1 ||
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(key_), nonce) != 1 ||
        EVP_EncryptUpdate(context.get(), body, &size, bytes(plain), static_cast<int>(plain.size())) != 1 ||
        EVP_EncryptFinal_ex(context.get(), body + size, &size) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size, body + plain.size()) != 1)
        return fail(ErrorKind::internal, "encrypt: the cryptographic library failed");
    return core::base64_encode(out);
}

core::Result<std::string> AesGcmFieldCipher::decrypt(std::string_view stored) const {
    if (stored.empty()) return std::string();
    auto decoded = core::base64_decode(stored);
    if (!decoded)
        return fail(ErrorKind::internal,
                    "decode ciphertext: illegal base64 data at input byte " + std::to_string(decoded.error()));
    if (decoded->size() < nonce_size) return fail(ErrorKind::internal, "ciphertext too short");
    const auto refused = fail(ErrorKind::internal, "decrypt: cipher: message authentication failed");
    if (decoded->size() < nonce_size + tag_size) return refused;

    auto* nonce = bytes(*decoded);
    std::string plain(decoded->size() - nonce_size - tag_size, '\0');
    auto* body = nonce + nonce_size;
    int size = 0;
    const Context context(EVP_CIPHER_CTX_new());
    if (!context || EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(key_), nonce) != 1 ||
        EVP_DecryptUpdate(context.get(), bytes(plain), &size, body, static_cast<int>(plain.size())) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, body + plain.size()) != 1)
        return fail(ErrorKind::internal, "decrypt: the cryptographic library failed");
    if (EVP_DecryptFinal_ex(context.get(), bytes(plain) + size, &size) != 1) return refused;
    return plain;
}

}  // namespace rookery::adapters::crypto
