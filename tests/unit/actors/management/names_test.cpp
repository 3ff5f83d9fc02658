// Labels, punycode, versions and hashes of names: vectors of network-map.json and of the RFCs.
#include "actors/core/encoding.hpp"
#include "actors/management/agent_version.hpp"
#include "actors/management/blake2b.hpp"
#include "actors/management/dns_label.hpp"
#include "actors/management/punycode.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::management;

TEST_CASE("a name becomes a DNS label") {
    const std::pair<std::string, std::string> cases[] = {
        {"iPhone", "iphone"},
        {"My Host_1.local", "my-host-1"},
        {"WIN--SRV 01", "win--srv-01"},
        {std::string(70, 'a'), std::string(59, 'a')},
        {std::string(58, 'b'), std::string(58, 'b')},
        {"Müller-PC", "xn--mller-pc-65a"},
        {"日本", "xn--wgv71a"},
        {"a b_c.d", "a-b-c"},
        {"***", "-"},
        {"web", "web"},
        {"", ""},
        {".foo", ""},
        {"bad\xFFutf8", "bad-utf8"},
        {"a__ _b", "a-b"},
    };
    for (const auto& [name, label] : cases) {
        CAPTURE(name);
        CHECK(dns_label(name, max_registered_label) == label);
    }
    CHECK(dns_label(std::string(300, 'x'), max_dns_label) == std::string(63, 'x'));
}

TEST_CASE("the suffix of a label comes from the address and keeps the label within 63 characters") {
    CHECK(dns_label_with_suffix("web", *core::parse_ipv4("100.90.17.203")) == "web-17-203");
    CHECK(dns_label_with_suffix("web", *core::parse_ipv4("100.90.0.2")) == "web-0-2");
    const auto longest = dns_label_with_suffix(std::string(63, 'x'), *core::parse_ipv4("100.90.255.255"));
    CHECK(longest == std::string(55, 'x') + "-255-255");
}

TEST_CASE("extra DNS labels") {
    for (const auto* name : {"a", "web-1", "*.apps", "a.b.c", "_srv", "A9"}) CHECK(is_extra_dns_label(name));
    for (const auto* name : {"", "*", "*.", ".", "a.", ".a", "a..b", "-a", "a-", "a*b", "*.*.a", "ü", "a b"})
        CHECK_FALSE(is_extra_dns_label(name));
    CHECK(is_extra_dns_label(std::string(63, 'a')));
    CHECK_FALSE(is_extra_dns_label(std::string(64, 'a')));
}

TEST_CASE("punycode as in RFC 3492 §7.1") {
    CHECK(punycode_label("plain") == "plain");
    CHECK(punycode_label("ليهمابتكلموشعربي؟") == "xn--egbpdaj6bu4bxfgehfvwxn");
    CHECK(punycode_label("他们为什么不说中文") == "xn--ihqwcrb4cv8a8dqg056pqjye");
    CHECK(punycode_label("Pročprostěnemluvíčesky") == "xn--Proprostnemluvesky-uyb24dma41a");
    CHECK(punycode_label("3年B組金八先生") == "xn--3B-ww4c5e180e575a65lsy2b");
    CHECK(punycode_label("パフィーdeルンバ") == "xn--de-jg4avhby1noc0d");
    CHECK(punycode_label("💩") == "xn--ls8h");
    for (const auto* broken : {"\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80", "a\xE2\x82"})
        CHECK_FALSE(punycode_label(broken));
}

TEST_CASE("versions of agents") {
    CHECK(meets_version("0.29.3", {0, 29, 3}));
    CHECK(meets_version("v0.29.3", {0, 29, 3}));
    CHECK(meets_version("0.30", {0, 29, 3}));
    CHECK(meets_version("1", {0, 29, 3}));
    CHECK(meets_version("0.29.3-rc1", {0, 29, 3}));
    CHECK(meets_version("0.29.3.1", {0, 29, 3}));
    CHECK_FALSE(meets_version("0.29", {0, 29, 3}));
    CHECK_FALSE(meets_version("0.28.9", {0, 29, 3}));
    for (const auto* text : {"", "garbage", "0.x.1", "0.29.", ".1", "development", "99999999999.0.0"})
        CHECK_FALSE(meets_version(text, {0, 0, 1}));

    CHECK(meets_release("0.59.0", {0, 59, 0}));
    CHECK(meets_release("0.59.1-rc1", {0, 59, 0}));
    CHECK_FALSE(meets_release("0.59.0-rc1", {0, 59, 0}));

    CHECK(is_development_version("development"));
    CHECK(is_development_version("development-abc"));
    CHECK(is_development_version("ci-123"));
    CHECK(is_development_version("dev-123"));
    CHECK_FALSE(is_development_version("0.77.1"));
}

TEST_CASE("BLAKE2b-128") {
    const auto hex = [](std::string_view text) { return core::hex_encode(blake2b_128(text)); };
    CHECK(hex("user@example.com") == "a5060c048fc2219ff10f83c61bf65c81");
    CHECK(hex("") == "cae66941d9efbd404e4d88758ea67670");
    CHECK(hex("abc") == "cf4ab791c62b8d2b2109c90275287816");
    // A full block and one byte more; computed with another implementation.
    CHECK(hex(std::string(128, 'a')) == "1271d28e731afb57bdfba6bdaf3501be");
    CHECK(hex(std::string(129, 'a')) == "68b7bafbad5055c4ebe6eb170a0f8524");
}
