#include "actors/pool/envelope_mac.hpp"

#include "actors/core/encoding.hpp"
#include "actors/pool/codec.hpp"
#include "adapters/crypto/crypto.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::pool;

namespace {

const adapters::crypto::SodiumCrypto crypto;
const auto goodbye = encode(0x1122334455667788, Message(Goodbye{}));

std::string why(const core::Result<std::string_view>& refused) {
    REQUIRE_FALSE(refused);
    return refused.error().message;
}

}  // namespace

TEST_CASE("The bytes of an envelope with a MAC") {
    const EnvelopeMac mac(crypto, "secret");
    const auto sealed = mac.seal(goodbye);
    CHECK(core::hex_encode(sealed) ==
          "81"
          "2355f64f2a32215fb553ab993610fad2d89e6b66cf0912e2a1a112589a092174"
          "0105"
          "8877665544332211");
    CHECK(sealed.size() == goodbye.size() + mac_overhead);
    CHECK(mac.open(sealed) == goodbye);
}

TEST_CASE("Without a secret, an envelope stays as it is") {
    CHECK(EnvelopeMac().seal(goodbye) == goodbye);
    CHECK(EnvelopeMac(crypto, "").open(goodbye) == goodbye);
}

TEST_CASE("A MAC that is missing, wrong, or of another secret is refused, and says so") {
    const EnvelopeMac mac(crypto, "secret");
    CHECK(why(mac.open(goodbye)).find("no MAC") != std::string::npos);
    CHECK(why(mac.open("")).find("no MAC") != std::string::npos);
    CHECK(why(EnvelopeMac(crypto, "other").open(mac.seal(goodbye))).find("another") != std::string::npos);
    CHECK(why(EnvelopeMac().open(mac.seal(goodbye))).find("ROOKERY_POOL_SECRET") != std::string::npos);
    for (std::size_t i = 0; i < goodbye.size() + mac_overhead; ++i) {
        auto sealed = mac.seal(goodbye);
        sealed[i] = static_cast<char>(sealed[i] ^ 1);
        CHECK_FALSE(mac.open(sealed));
    }
}
