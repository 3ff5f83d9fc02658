// The token of an Auth message: two bytes say how to sign, the rest is the token or what is signed.
#include "actors/relay/token.hpp"

#include "actors/core/encoding.hpp"
#include "adapters/crypto/crypto.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rookery;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const adapters::crypto::SodiumCrypto crypto;
    static const relay::Tokens tokens(crypto, "secret");
    constexpr std::int64_t now = 1'700'000'000;

    fuzz::Input input(data, size);
    const bool sign = input.byte() & 1;
    const auto text = input.rest();
    auto token = std::string(text);
    if (sign) {
        // As Management would sign it: reaches what is behind the signature.
        const auto key = crypto.sha256("secret");
        token = '\x01' + std::string(core::as_text(crypto.hmac_sha256(core::as_text(key), text))) + token;
    }
    const auto reason = tokens.reject(token, now);
    if (reason) {
        fuzz::expect(!reason->empty(), "a refusal says something");
        for (const unsigned char c : *reason) fuzz::expect(c >= 0x20 && c < 0x7f, "a refusal can be logged as it is");
    } else {
        fuzz::expect(sign, "nobody without the secret makes a token");
        const auto expires = std::stoll(std::string(text));
        fuzz::expect(expires >= now, "a token that is taken has not expired");
    }
    return 0;
}
