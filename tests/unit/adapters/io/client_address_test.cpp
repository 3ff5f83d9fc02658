#include "adapters/io/client_address.hpp"

#include "tests/catch.hpp"

namespace rookery::adapters::io {
namespace {

namespace ip = boost::asio::ip;

Networks networks(const std::vector<std::string>& entries) {
    return Networks::parse(entries).value();
}

bool contains(const Networks& n, const char* address) {
    return n.contain(ip::make_address(address));
}

Fields forwarded(const std::string& value) {
    return {{"x-forwarded-for", value}};
}

constexpr const char* peer = "192.0.2.7:4711";

}  // namespace

TEST_CASE("networks") {
    const auto n = networks({"10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"});
    CHECK(contains(n, "10.255.0.1"));
    CHECK(contains(n, "192.0.2.7"));
    CHECK_FALSE(contains(n, "192.0.2.8"));
    CHECK(contains(n, "::ffff:192.0.2.7"));
    CHECK(contains(n, "2001:db8:1::1"));
    CHECK_FALSE(contains(n, "2001:db9::1"));
    CHECK(contains(n, "::1"));
    CHECK_FALSE(contains(Networks(), "10.0.0.1"));
    CHECK(contains(networks({"0.0.0.0/0"}), "8.8.8.8"));
    CHECK_FALSE(contains(networks({"0.0.0.0/0"}), "2001:db8::1"));
    CHECK(contains(networks({"::/0"}), "2001:db8::1"));
    CHECK(Networks().empty());
    CHECK_FALSE(n.empty());
}

TEST_CASE("networks that cannot be read name the entry") {
    const auto bad = Networks::parse({"10.0.0.0/8", "proxy.example.com"});
    REQUIRE_FALSE(bad);
    CHECK(bad.error().kind == core::ErrorKind::invalid_argument);
    CHECK(bad.error().message.find("proxy.example.com") != std::string::npos);
    CHECK_FALSE(Networks::parse({"10.0.0.0/33"}));
}

TEST_CASE("only a trusted peer may name another client") {
    const Fields fields{{"x-forwarded-for", "203.0.113.9"}, {"x-real-ip", "203.0.113.9"}};
    CHECK(client_address(peer, fields, {}) == peer);
    CHECK(client_address(peer, fields, {networks({"192.0.2.8"}), {}, 0}) == peer);
    CHECK(client_address(peer, fields, {networks({"192.0.2.8"}), {}, 1}) == peer);
    CHECK(client_address(peer, fields, {networks({"192.0.2.7"}), {}, 0}) == "203.0.113.9");
    CHECK(client_address("[2001:db8::1]:1", fields, {networks({"2001:db8::/64"}), {}, 0}) == "203.0.113.9");
    CHECK(client_address("unknown", fields, {networks({"0.0.0.0/0", "::/0"}), {}, 0}) == "unknown");
}

TEST_CASE("X-Forwarded-For is read from its right end, past the proxies that are trusted") {
    const ProxyTrust trust{networks({"192.0.2.0/24"}), networks({"192.0.2.0/24", "10.0.0.0/8"}), 0};
    const auto seen = [&](const std::string& value) { return client_address(peer, forwarded(value), trust); };
    CHECK(seen("203.0.113.9") == "203.0.113.9");
    CHECK(seen("198.51.100.1, 203.0.113.9") == "203.0.113.9");  // the left one is what the client claims
    CHECK(seen("198.51.100.1,203.0.113.9 , 10.1.1.1,192.0.2.9") == "203.0.113.9");
    CHECK(seen("10.1.1.1, 10.1.1.2") == peer);  // all of them proxies
    CHECK(seen("203.0.113.9, unknown") == peer);
    CHECK(seen("unknown, 203.0.113.9") == "203.0.113.9");
    CHECK(seen("") == peer);
    CHECK(seen("203.0.113.9,") == peer);
}

TEST_CASE("a list may be spread over several lines") {
    const ProxyTrust trust{networks({"192.0.2.7"}), {}, 0};
    const Fields fields{{"x-forwarded-for", "198.51.100.1"}, {"other", "x"}, {"x-forwarded-for", "203.0.113.9"}};
    CHECK(client_address(peer, fields, trust) == "203.0.113.9");
}

TEST_CASE("a number of trusted hops instead of a list of proxies") {
    const auto seen = [](unsigned hops, const std::string& value) {
        Fields fields = forwarded(value);
        fields.emplace_back("x-real-ip", "203.0.113.77");
        return client_address(peer, fields, {networks({"0.0.0.0/0"}), {}, hops});
    };
    CHECK(seen(1, "198.51.100.1, 203.0.113.9") == "203.0.113.9");
    CHECK(seen(2, "198.51.100.1, 203.0.113.9, 10.1.1.1") == "203.0.113.9");
    CHECK(seen(2, "203.0.113.9") == "203.0.113.77");  // shorter than the way it should have come
}

TEST_CASE("X-Real-Ip without X-Forwarded-For") {
    const ProxyTrust trust{networks({"192.0.2.7"}), {}, 0};
    CHECK(client_address(peer, {{"x-real-ip", "203.0.113.9"}}, trust) == "203.0.113.9");
    CHECK(client_address(peer, {{"x-real-ip", "198.51.100.1, 203.0.113.9"}}, trust) == "203.0.113.9");
    CHECK(client_address(peer, {{"x-real-ip", "nonsense"}}, trust) == peer);
    CHECK(client_address(peer, {}, trust) == peer);
}

TEST_CASE("the forms of an entry") {
    const ProxyTrust trust{networks({"192.0.2.7"}), {}, 0};
    const auto seen = [&](const std::string& value) { return client_address(peer, forwarded(value), trust); };
    CHECK(seen("203.0.113.9:5555") == "203.0.113.9:5555");
    CHECK(seen("2001:db8::9") == "[2001:db8::9]");
    CHECK(seen("[2001:db8::9]") == "[2001:db8::9]");
    CHECK(seen("[2001:db8::9]:5555") == "[2001:db8::9]:5555");
    CHECK(seen("::ffff:203.0.113.9") == "203.0.113.9");
    CHECK(seen("203.0.113.9:x") == peer);
    CHECK(seen("203.0.113.9:70000") == peer);
    CHECK(seen("[2001:db8::9") == peer);
    CHECK(seen("[2001:db8::9]x") == peer);
}

TEST_CASE("the relay wants an address and a port") {
    const auto trusted = networks({"192.0.2.7"});
    Fields fields;
    CHECK(client_of_relay(peer, fields, trusted) == peer);
    fields.emplace_back("x-real-ip", "203.0.113.9");
    CHECK(client_of_relay(peer, fields, trusted) == peer);  // without a port
    fields.emplace_back("x-real-port", "5555");
    CHECK(client_of_relay(peer, fields, trusted) == "203.0.113.9:5555");
    CHECK(client_of_relay(peer, fields, {}) == peer);

    const auto parsed = [&](const char* address, const char* port) {
        return client_of_relay(peer, {{"x-real-ip", address}, {"x-real-port", port}}, trusted);
    };
    CHECK(parsed("2001:db8::9", "5555") == "[2001:db8::9]:5555");
    CHECK(parsed("::ffff:203.0.113.9", "5555") == "203.0.113.9:5555");
    CHECK(parsed("nonsense", "5555") == std::nullopt);
    CHECK(parsed("203.0.113.9", "65536") == std::nullopt);
    CHECK(parsed("203.0.113.9", "") == std::nullopt);
}

}  // namespace rookery::adapters::io
