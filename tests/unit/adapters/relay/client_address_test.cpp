#include "adapters/relay/client_address.hpp"

#include "tests/catch.hpp"

namespace rookery::adapters::relay {
namespace {

http::Request good() {
    http::Request r;
    r.remote = "192.0.2.7:4711";
    return r;
}

TEST_CASE("the address of an agent behind a proxy") {
    const auto proxies = TrustedProxies::parse({"10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"}).value();
    CHECK(proxies.trusts("10.255.0.1:1"));
    CHECK(proxies.trusts("192.0.2.7:1"));
    CHECK_FALSE(proxies.trusts("192.0.2.8:1"));
    CHECK(proxies.trusts("[::ffff:192.0.2.7]:1"));
    CHECK(proxies.trusts("[2001:db8:1::1]:1"));
    CHECK_FALSE(proxies.trusts("[2001:db9::1]:1"));
    CHECK(proxies.trusts("[::1]:1"));
    CHECK_FALSE(TrustedProxies().trusts("10.0.0.1:1"));

    auto request = good();
    CHECK(client_address(request, proxies) == "192.0.2.7:4711");
    request.headers.emplace_back("x-real-ip", "203.0.113.9");
    CHECK(client_address(request, proxies) == "192.0.2.7:4711");  // without a port
    request.headers.emplace_back("x-real-port", "5555");
    CHECK(client_address(request, proxies) == "203.0.113.9:5555");
    CHECK(client_address(request, TrustedProxies()) == "192.0.2.7:4711");
    CHECK(client_address(request, TrustedProxies::everybody()) == "203.0.113.9:5555");

    const auto parsed = [&](const char* ip, const char* port) {
        auto r = good();
        r.headers.emplace_back("x-real-ip", ip);
        r.headers.emplace_back("x-real-port", port);
        return client_address(r, proxies);
    };
    CHECK(parsed("2001:db8::9", "5555") == "[2001:db8::9]:5555");
    CHECK(parsed("::ffff:203.0.113.9", "5555") == "203.0.113.9:5555");
    CHECK(parsed("nonsense", "5555") == std::nullopt);
    CHECK(parsed("203.0.113.9", "65536") == std::nullopt);
    CHECK(parsed("203.0.113.9", "") == std::nullopt);
}

TEST_CASE("a list of trusted proxies that cannot be read names the entry") {
    const auto bad = TrustedProxies::parse({"10.0.0.0/8", "proxy.example.com"});
    REQUIRE_FALSE(bad);
    CHECK(bad.error().kind == core::ErrorKind::invalid_argument);
    CHECK(bad.error().message.find("proxy.example.com") != std::string::npos);
    CHECK_FALSE(TrustedProxies::parse({"10.0.0.0/33"}));
}

}  // namespace
}  // namespace rookery::adapters::relay
