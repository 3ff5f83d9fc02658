#include "actors/management/secrets.hpp"

#include <algorithm>
#include <set>

#include "actors/core/encoding.hpp"
#include "adapters/crypto/crypto.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::management;

namespace {
const adapters::crypto::SodiumCrypto crypto;
}

TEST_CASE("access tokens: vectors") {
    struct Vector {
        const char *token, *hash;
        bool access_token;
    };
    const Vector vectors[] = {
        {"nbp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0uCPlr", "7QUet5VEF5ZF9v3BE+oLQuOLVvq08MSOpUdJOa3TUBs=", true},
        {"nbp_0123456789abcdefghijABCDEFGHIJ3mpbCX", "WX2QU9Px/S/qiAiUWqP93HD9KXJMnnRJK4EX0Vt/eP4=", true},
        {"nbp_000000000000000000000000000001010Ohw", "ifHRfFFx/owSKvoHEU7egicfCqFQeYiUQeQ7+8SINp8=", true},
        // Other families of the same form.
        {"nbi_zZ9zZ9zZ9zZ9zZ9zZ9zZ9zZ9zZ9zZ94eli4n", "UgDKVVOq9g3KWUsiXFIZuJ4vnHmLUcA+1r8EpU28low=", false},
        {"nbx_0123456789abcdefghijABCDEFGHIJ3mpbCX", "RxzxFjQWs7NB5BgJZi0ypt1g4T8v3Fi9GzmMTD5Sduw=", false},
    };
    for (const auto& v : vectors) {
        CAPTURE(v.token);
        CHECK(well_formed_access_token(v.token) == v.access_token);
        CHECK(hash_access_token(v.token, crypto) == v.hash);
    }
}

TEST_CASE("access tokens: what is not one") {
    const std::string good = "nbp_0123456789abcdefghijABCDEFGHIJ3mpbCX";
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = bad[i] == '1' ? '2' : '1';
        CAPTURE(bad);
        CHECK_FALSE(well_formed_access_token(bad));
    }
    CHECK_FALSE(well_formed_access_token(""));
    CHECK_FALSE(well_formed_access_token(good.substr(1)));
    CHECK_FALSE(well_formed_access_token(good + "0"));
    CHECK_FALSE(well_formed_access_token("nbp_0123456789abcdefghijABCDEFGHIJ3mpb-X"));
    CHECK_FALSE(well_formed_access_token("nbp_0123456789abcdefghijABCDEFGHIJzzzzzz"));  // above 32 bits
}

TEST_CASE("access tokens: new ones") {
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const auto token = new_access_token(crypto).reveal();
        CHECK(token.size() == 40);
        CHECK(well_formed_access_token(token));
        CHECK(seen.insert(token).second);
    }
}

TEST_CASE("setup keys") {
    CHECK(hash_setup_key("a2c8e62b-38f5-4553-b31e-dd66c696cebb", crypto) ==
          "uXspNY+GG/bbf0inGAz7i1Yb7ZtGQghH2PwMtZG4LI0=");
    CHECK(hash_setup_key("A2C8E62B-38F5-4553-B31E-DD66C696CEBB", crypto) ==
          "uXspNY+GG/bbf0inGAz7i1Yb7ZtGQghH2PwMtZG4LI0=");
    CHECK(mask_setup_key("A2C8E62B-38F5-4553-B31E-DD66C696CEBB") == "A2C8E****");
    const auto key = new_setup_key(crypto).reveal();
    CHECK(key.size() == 36);
    CHECK(std::none_of(key.begin(), key.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
}

TEST_CASE("uuids are of version 4") {
    const auto id = new_uuid(crypto);
    REQUIRE(id.size() == 36);
    for (const auto i : {8, 13, 18, 23}) CHECK(id[static_cast<std::size_t>(i)] == '-');
    CHECK(id[14] == '4');
    CHECK(std::string("89ab").find(id[19]) != std::string::npos);
    CHECK(id != new_uuid(crypto));
}

TEST_CASE("xids begin with the time and sort by it") {
    class Zeros final : public core::Crypto {
        core::Digest256 sha256(std::string_view) const override { return {}; }
        core::Digest256 hmac_sha256(std::string_view, std::string_view) const override { return {}; }
        bool equal(std::string_view a, std::string_view b) const override { return a == b; }
        void random(void* out, std::size_t size) const override {
            std::fill_n(static_cast<char*>(out), size, char(-1));
        }
    } ones;
    // 4d88e15b ffffffffffffffff in base32hex.
    CHECK(new_xid(core::WallTime(std::chrono::seconds(0x4d88e15b)), ones) == "9m4e2mvvvvvvvvvvvvvg");
    const auto id = new_xid(core::WallTime(std::chrono::seconds(1'700'000'000)), crypto);
    CHECK(id.size() == 20);
    CHECK(id < new_xid(core::WallTime(std::chrono::seconds(1'700'000'001)), crypto));
}

TEST_CASE("public keys are made canonical") {
    const std::string key = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=";
    CHECK(canonical_public_key(key) == key);
    CHECK(canonical_public_key("B6N8vBQgk8i3Vdwb\r\nEOhstCY3StFqqFPtC9/AsrhtHHw=\n") == key);
    CHECK(canonical_public_key("B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHx=") == key);  // trailing bits
    CHECK_FALSE(canonical_public_key(""));
    CHECK_FALSE(canonical_public_key(key.substr(0, 43)));
    CHECK_FALSE(canonical_public_key("AAAA"));
}
