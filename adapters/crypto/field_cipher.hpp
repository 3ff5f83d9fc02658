// core::FieldCipher as AES-256-GCM by OpenSSL (config-ops §15): base64 of nonce (12) + ciphertext + tag (16), the
// format existing data has. Thread-safe.
#pragma once

#include <memory>

#include "actors/core/field_cipher.hpp"
#include "config/secret.hpp"

namespace rookery::adapters::crypto {

class AesGcmFieldCipher final : public core::FieldCipher {
public:
    // `key`: standard base64 of 32 bytes. Errors (invalid_argument) say what is wrong with it, never its value.
    static core::Result<std::unique_ptr<AesGcmFieldCipher>> create(const config::Secret& key);
    static config::Secret new_key();

    ~AesGcmFieldCipher() override;
    core::Result<std::string> encrypt(std::string_view plain) const override;
    core::Result<std::string> decrypt(std::string_view stored) const override;

private:
    explicit AesGcmFieldCipher(std::string key) : key_(std::move(key)) {}

    std::string key_;  // 32 bytes
};

}  // namespace rookery::adapters::crypto
