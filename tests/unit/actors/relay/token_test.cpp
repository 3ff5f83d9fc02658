#include "actors/relay/token.hpp"

#include "actors/core/encoding.hpp"
#include "adapters/crypto/crypto.hpp"
#include "tests/catch.hpp"
#include "tests/unit/actors/relay/vectors.hpp"

namespace rookery::relay {
namespace {

using test::unhex;
using test::vectors;

constexpr std::int64_t now = 1'800'000'000;

struct Fixture {
    adapters::crypto::SodiumCrypto crypto;
    const nlohmann::json& v = vectors()["relay_token_v2"];
    Tokens tokens{crypto, v["secret"].get<std::string>()};

    std::string sign(const std::string& payload) const {
        const auto key = crypto.sha256(v["secret"].get<std::string>());
        const auto signature = crypto.hmac_sha256(core::as_text(key), payload);
        return std::string(1, '\x01') + std::string(core::as_text(signature)) + payload;
    }
};

TEST_CASE("a minted token in both its forms") {
    const Fixture f;
    const auto fields = f.tokens.mint(f.v["expires_at"]);
    CHECK(fields.payload == f.v["management_fields"]["tokenPayload"].get<std::string>());
    CHECK(fields.signature == f.v["management_fields"]["tokenSignature"].get<std::string>());
    const auto binary = std::string(1, '\x01') + core::base64_decode(fields.signature).value() + fields.payload;
    CHECK(binary == unhex(f.v["token_binary_hex"]));
    CHECK(f.tokens.reject(binary, now) == std::nullopt);

    const Tokens other(f.crypto, "secret");
    CHECK(other.mint(1735689600).signature == "ZFxC1udNvX6wZuKEEZotDKFPjbMmfqPlqu+iRKwZJtA=");
}

TEST_CASE("rejected tokens and their reasons") {
    const Fixture f;
    for (const auto& negative : vectors()["relay_token_v2_negative"]) {
        INFO(negative["name"]);
        const auto reason = f.tokens.reject(unhex(negative["token_hex"]), now);
        REQUIRE(reason);
        const std::string expected = negative["expected_reason"];
        if (expected == "invalid payload: <parse error>")
            CHECK(*reason == "invalid payload: parsing \"not-a-number\": invalid syntax");
        else
            CHECK(*reason == expected);
    }
    const auto probe = unhex(vectors()["health_probe"]["dummy_token_hex"]);
    CHECK(f.tokens.reject(probe, now) == "invalid signature");
}

TEST_CASE("expiry is inclusive and a signed 64-bit decimal") {
    const Fixture f;
    const auto token = f.sign("1800000000");
    CHECK(f.tokens.reject(token, now) == std::nullopt);
    CHECK(f.tokens.reject(token, now + 1) == "expired token");
    CHECK(f.tokens.reject(f.sign("+1800000000"), now) == std::nullopt);
    CHECK(f.tokens.reject(f.sign("-1800000000"), now) == "expired token");
    CHECK(f.tokens.reject(f.sign("9223372036854775807"), now) == std::nullopt);
    CHECK(f.tokens.reject(f.sign("9223372036854775808"), now)->ends_with("value out of range"));
    CHECK(f.tokens.reject(f.sign("+-1800000000"), now)->ends_with("invalid syntax"));
    CHECK(f.tokens.reject(f.sign(" 1800000000"), now)->ends_with("invalid syntax"));
    CHECK(f.tokens.reject(f.sign("1800000000\n"), now)->find('\n') == std::string::npos);
}

}  // namespace
}  // namespace rookery::relay
