#include "adapters/crypto/field_cipher.hpp"

#include "actors/core/encoding.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using adapters::crypto::AesGcmFieldCipher;

namespace {

// Bytes 00 01 … 1f.
const config::Secret key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");

std::string refusal(const std::string& text) {
    const auto cipher = AesGcmFieldCipher::create(config::Secret(text));
    REQUIRE_FALSE(cipher);
    CHECK(cipher.error().kind == core::ErrorKind::invalid_argument);
    return cipher.error().message;
}

}  // namespace

TEST_CASE("the format is that of existing data") {
    const auto cipher = AesGcmFieldCipher::create(key);
    REQUIRE(cipher);
    CHECK((*cipher)->decrypt("oKGio6Slpqeoqaqrk2sZXwWuet4PFeu2KRmvs0tvX/wecbCQ3SHpUzCIQ0o=") == "user@example.com");
    const auto stored = (*cipher)->encrypt("user@example.com");
    REQUIRE(stored);
    CHECK(stored->size() == 60);
    CHECK((*cipher)->decrypt(*stored) == "user@example.com");
    CHECK((*cipher)->encrypt("user@example.com") != stored);  // a fresh nonce
}

TEST_CASE("the empty value stays empty") {
    const auto cipher = AesGcmFieldCipher::create(key);
    CHECK((*cipher)->encrypt("") == "");
    CHECK((*cipher)->decrypt("") == "");
}

TEST_CASE("values that cannot be read") {
    const auto cipher = AesGcmFieldCipher::create(key);
    const auto error = [&](const std::string& stored) {
        const auto plain = (*cipher)->decrypt(stored);
        REQUIRE_FALSE(plain);
        return plain.error().message;
    };
    CHECK(error("not-base64") == "decode ciphertext: illegal base64 data at input byte 3");
    CHECK(error("AAAA") == "ciphertext too short");
    const std::string refused = "decrypt: cipher: message authentication failed";
    CHECK(error(core::base64_encode(std::string(12, 'x'))) == refused);
    CHECK(error(core::base64_encode(std::string(27, 'x'))) == refused);
    CHECK(error(core::base64_encode(std::string(40, 'x'))) == refused);
    auto changed = *core::base64_decode(*(*cipher)->encrypt("secret"));
    changed[14] ^= 1;
    CHECK(error(core::base64_encode(changed)) == refused);
    const auto other = AesGcmFieldCipher::create(AesGcmFieldCipher::new_key());
    CHECK((*other)->decrypt(*(*cipher)->encrypt("secret")).error().message == refused);
}

TEST_CASE("keys that are none, with the reference's words") {
    const std::string good = key.reveal();
    CHECK(AesGcmFieldCipher::create(config::Secret(good + "\n")));
    CHECK(AesGcmFieldCipher::create(config::Secret("AAEC\r\n" + good.substr(4))));
    CHECK(refusal("not-valid-base64!!!") == "decode encryption key: illegal base64 data at input byte 3");
    CHECK(refusal(good.substr(0, 43)) == "decode encryption key: illegal base64 data at input byte 40");
    CHECK(refusal("AAEC") == "encryption key must be 32 bytes, got 3");
    CHECK(refusal("") == "encryption key must be 32 bytes, got 0");
    const std::string hint = " (it is a key once the blanks or quotes around it are removed)";
    CHECK(refusal('"' + good + '"') == "decode encryption key: illegal base64 data at input byte 0" + hint);
    CHECK(refusal(good + " ") == "decode encryption key: illegal base64 data at input byte 44" + hint);
}
