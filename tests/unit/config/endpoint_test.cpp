#include "config/endpoint.hpp"

#include "config/network.hpp"
#include "config/ports.hpp"
#include "tests/catch.hpp"

using namespace rookery::config;

TEST_CASE("listen addresses") {
    CHECK(*parse_endpoint(":443") == Endpoint{"", 443});
    CHECK(*parse_endpoint("0.0.0.0:443") == Endpoint{"0.0.0.0", 443});
    CHECK(*parse_endpoint("[::1]:443") == Endpoint{"::1", 443});
    CHECK_FALSE(parse_endpoint("[name]:443"));
    CHECK_FALSE(parse_endpoint("[[::1]:443"));
    CHECK(*parse_endpoint("localhost:0") == Endpoint{"localhost", 0});
    for (const char* text : {"", "443", "host", ":", ":https", ":65536", ":-1", "::1:443", "[::1]", "[::1]443", "[::1",
                             "a b:1", "http://host:1", "h]:1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_endpoint(text));
    }
    CHECK(parse_endpoint("443").error() == "\"443\" is not an address such as :443, 0.0.0.0:443 or [::1]:443");
}

TEST_CASE("a listen address prints as it is written") {
    for (const char* text : {":443", "0.0.0.0:443", "[::1]:443"}) CHECK(to_string(*parse_endpoint(text)) == text);
}

TEST_CASE("networks") {
    CHECK(parse_network("10.0.0.0/8") == "10.0.0.0/8");
    CHECK(parse_network("10.0.0.1") == "10.0.0.1/32");
    CHECK(parse_network("fd00::1") == "fd00::1/128");
    CHECK(parse_network("::/0") == "::/0");
    for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "host", "10.0.0.0/-1",
                             "10.0.0.0/+8", "10.0.0.0/8/8", " 10.0.0.1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_network(text));
    }
}

TEST_CASE("the legacy port follows the public host and gives way to the public port") {
    CHECK(legacy_port({"", 443}, 10000)->endpoint == Endpoint{"", 10000});
    CHECK(legacy_port({"::1", 443}, 10000)->endpoint == Endpoint{"::1", 10000});
    CHECK_FALSE(legacy_port({"", 443}, 10000)->asked_for);
    CHECK_FALSE(legacy_port({"", 10000}, 10000));
}
