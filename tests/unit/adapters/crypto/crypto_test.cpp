#include "adapters/crypto/crypto.hpp"

#include "actors/core/encoding.hpp"
#include "adapters/crypto/sodium_envelope.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using adapters::crypto::SodiumCrypto;
using adapters::crypto::SodiumEnvelope;

namespace {
const SodiumCrypto crypto;

// management-grpc §B.3.
const config::Secret server_private("AAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=");
const config::Secret agent_private("ICIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=");
const std::string server_public = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=";
const std::string agent_public = "WGmv9FBUlzLLqu1eXfmzCm2jHLDldCutWtShp2jxpns=";
}  // namespace

TEST_CASE("SHA-256 and HMAC-SHA256") {
    CHECK(core::hex_encode(core::as_text(crypto.sha256("rookery-test-secret"))) ==
          "39534e4e2aa3f8ace87a9227b91258f95c79697432dba9930096c880a763b240");
    // management-grpc §G.1: key = SHA-256(secret).
    const auto key = crypto.sha256("secret");
    CHECK(core::base64_encode(core::as_text(crypto.hmac_sha256(core::as_text(key), "1735689600"))) ==
          "ZFxC1udNvX6wZuKEEZotDKFPjbMmfqPlqu+iRKwZJtA=");
    CHECK(crypto.equal("abc", "abc"));
    CHECK_FALSE(crypto.equal("abc", "abd"));
    CHECK_FALSE(crypto.equal("abc", "ab"));
}

TEST_CASE("the box opens the recorded vectors") {
    const auto server = SodiumEnvelope::create(server_private).value();
    CHECK(server->server_public_key() == server_public);
    const auto box = server->box_for(agent_public);
    REQUIRE(box);
    CHECK(box->open(*core::hex_decode("000102030405060708090a0b0c0d0e0f1011121314151617bdc4c48134fd88418f8116ec3e760"
                                      "fc1")) == std::string());
    CHECK(core::hex_encode(*box->open(*core::hex_decode(
              "000102030405060708090a0b0c0d0e0f1011121314151617feafc62e0b0093fd04604a02932143"
              "7d18d19a6b190538e4cbb06c30c7042490413f21354ef19c04abb70fdc94624e75107a747666"
              "2d"))) == "0a2441324338453632422d333846352d343535332d423331452d444436364336393643454242");
}

TEST_CASE("what one side seals only the other opens") {
    const auto server = SodiumEnvelope::create(server_private).value();
    const auto agent = SodiumEnvelope::create(agent_private).value();
    const auto sealed = server->box_for(agent_public)->seal("hello");
    CHECK(agent->box_for(server_public)->open(sealed) == "hello");

    auto tampered = sealed;
    tampered.back() ^= 1;
    CHECK_FALSE(agent->box_for(server_public)->open(tampered));
    for (std::size_t n = 0; n < sealed.size(); ++n)
        CHECK_FALSE(agent->box_for(server_public)->open(sealed.substr(0, n)));

    const auto stranger = SodiumEnvelope::create(SodiumEnvelope::new_private_key()).value();
    CHECK_FALSE(stranger->box_for(server_public)->open(sealed));
    CHECK(server->box_for(agent_public)->seal("hello") != sealed);  // a fresh nonce each time
}

TEST_CASE("keys that are none are refused") {
    const auto server = SodiumEnvelope::create(server_private).value();
    CHECK_FALSE(server->box_for("not base64"));
    CHECK_FALSE(server->box_for(core::base64_encode("too short")));
    CHECK_FALSE(server->box_for(core::base64_encode(std::string(32, '\0'))));  // of small order
    CHECK_FALSE(SodiumEnvelope::create(config::Secret("AAAA")));
}

TEST_CASE("shared keys are kept for the most recent peers only") {
    const auto server = SodiumEnvelope::create(server_private, 2).value();
    const auto a = server->box_for(agent_public);
    CHECK(server->box_for(agent_public) == a);
    for (int i = 0; i < 2; ++i)
        server->box_for(SodiumEnvelope::create(SodiumEnvelope::new_private_key()).value()->server_public_key());
    CHECK(server->box_for(agent_public) != a);
}
