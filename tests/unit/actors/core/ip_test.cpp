#include "actors/core/ip.hpp"

#include "tests/catch.hpp"

using namespace rookery::core;

TEST_CASE("IPv4 addresses are read strictly") {
    CHECK(parse_ipv4("100.64.0.1") == Ipv4{0x64400001});
    CHECK(parse_ipv4("255.255.255.255") == Ipv4{0xFFFFFFFF});
    for (const auto* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "1.2.3.-0", "1.2.3.4 ",
                             "1..3.4", "1.2.3.", "+1.2.3.4", "a.b.c.d", "1000.2.3.4"})
        CHECK_FALSE(parse_ipv4(text));
    CHECK(to_string(Ipv4{0x64400001}) == "100.64.0.1");
}

TEST_CASE("IPv6 addresses are printed as RFC 5952 says") {
    const std::pair<const char*, const char*> cases[] = {
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"fd12:3456:789a:1::1", "fd12:3456:789a:1::1"},
        {"FD12:0:0:0:0:0:0:1", "fd12::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one zero group is written out
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // the longest run
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // the first of equal runs
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
        {"::ffff:102:304", "::ffff:1.2.3.4"},
        {"64:ff9b::1.2.3.4", "64:ff9b::102:304"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
    };
    for (const auto& [text, printed] : cases) {
        CAPTURE(text);
        const auto address = parse_ipv6(text);
        REQUIRE(address);
        CHECK(to_string(*address) == printed);
        CHECK(parse_ipv6(printed) == address);
    }
    for (const auto* text : {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
                             "12345::", "g::", "1:", ":1", "fe80::1%eth0", "1.2.3.4", "::1.2.3",
                             "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2:", "::1.2.3.4:5"})
        CHECK_FALSE(parse_ipv6(text));
}

TEST_CASE("prefixes lose their host bits") {
    const auto net = parse_prefix4("100.64.7.9/16");
    REQUIRE(net);
    CHECK(to_string(*net) == "100.64.0.0/16");
    CHECK(net->contains(*parse_ipv4("100.64.255.255")));
    CHECK_FALSE(net->contains(*parse_ipv4("100.65.0.0")));
    CHECK(parse_prefix4("0.0.0.0/0")->contains(*parse_ipv4("8.8.8.8")));
    CHECK(to_string(*parse_prefix4("1.2.3.4/32")) == "1.2.3.4/32");

    const auto net6 = parse_prefix6("fd12:3456:789a:1:ffff::1/64");
    REQUIRE(net6);
    CHECK(to_string(*net6) == "fd12:3456:789a:1::/64");
    CHECK(net6->contains(*parse_ipv6("fd12:3456:789a:1::2")));
    CHECK_FALSE(net6->contains(*parse_ipv6("fd12:3456:789a:2::2")));
    CHECK(to_string(*parse_prefix6("fdff:ffff::/20")) == "fdff:f000::/20");
    CHECK(parse_prefix6("::/0")->contains(*parse_ipv6("1::")));

    for (const auto* text : {"1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/08", "1.2.3/24"})
        CHECK_FALSE(parse_prefix4(text));
    for (const auto* text : {"::", "::/129", "::/", "1.2.3.4/8"}) CHECK_FALSE(parse_prefix6(text));
}

TEST_CASE("the address in a remote") {
    CHECK(host_of("1.2.3.4:567") == "1.2.3.4");
    CHECK(host_of("1.2.3.4") == "1.2.3.4");
    CHECK(host_of("[2001:db8::1]:567") == "2001:db8::1");
    CHECK(host_of("[::1]") == "::1");
    CHECK(host_of("") == "");
    CHECK(host_of("[") == "");
}
