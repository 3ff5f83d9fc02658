#include "config/public_address.hpp"

#include "tests/catch.hpp"

using namespace rookery::config;

TEST_CASE("public addresses") {
    CHECK(parse_public_address("https://a.example:8443")->url() == "https://a.example:8443");
    CHECK(parse_public_address("http://a.example:80")->url() == "http://a.example:80");
    CHECK(parse_public_address("a.example:8443")->url() == "https://a.example:8443");
    CHECK(parse_public_address("HTTPS://a.example")->url() == "https://a.example");
    CHECK(parse_public_address("https://a.example:443/")->url() == "https://a.example:443");
    CHECK(parse_public_address("https://[2001:db8::1]:443")->url() == "https://[2001:db8::1]:443");
}

TEST_CASE("what is no public address is named with the reason") {
    CHECK(parse_public_address("https://a/x").error() == "\"https://a/x\" must not have a path");
    CHECK(parse_public_address("https://a?x").error() == "\"https://a?x\" must not have a path");
    CHECK(parse_public_address("https://u@a").error() == "\"https://u@a\" must not have a user name");
    CHECK(parse_public_address("ftp://a").error() == "\"ftp://a\" must start with https:// or http://");
    CHECK(parse_public_address("https://").error() == "\"https://\" has no host");
    CHECK(parse_public_address("https://:443").error() == "\"https://:443\" has no host");
    CHECK(parse_public_address("a:0").error() == "\"a:0\" has a port that is not between 1 and 65535");
    CHECK(parse_public_address("a:http").error() == "\"a:http\" has a port that is not between 1 and 65535");
    CHECK(parse_public_address("::1").error() == "\"::1\" is not host:port (an IPv6 address needs brackets)");
}

TEST_CASE("derived forms") {
    const auto plain = *parse_public_address("http://a.example:80");
    CHECK(plain.relay_url() == "rel://a.example:80");
    CHECK(plain.issuer_base() == "http://a.example");
    CHECK(parse_public_address("https://a.example:443")->issuer_base() == "https://a.example");
    CHECK(parse_public_address("https://a.example:80")->issuer_base() == "https://a.example:80");

    const auto portless = *parse_public_address("a.example");
    CHECK(portless.relay_url() == "rels://a.example");
    CHECK(portless.authority_with_port() == "a.example:443");
    CHECK(portless.stun_uri(3478) == "stun:a.example:3478");
    CHECK(parse_public_address("[2001:db8::1]:1")->stun_uri(3478) == "stun:[2001:db8::1]:3478");
    CHECK(parse_public_address("http://a.example")->authority_with_port() == "a.example:80");
}

TEST_CASE("signal URIs lose their scheme and gain a port") {
    const auto check = [](const char* text, const std::string& host_port, bool tls) {
        CAPTURE(text);
        const auto address = parse_signal_uri(text);
        REQUIRE(address);
        CHECK(address->host_port == host_port);
        CHECK(address->tls == tls);
    };
    check("https://s.example:443", "s.example:443", true);
    check("http://s.example:10000", "s.example:10000", false);
    check("s.example:8443", "s.example:8443", true);
    check("grpcs://s.example:8443/", "s.example:8443", true);
    check("https://s.example", "s.example:443", true);
    CHECK(parse_signal_uri("https://s/x").error() == "\"https://s/x\" must not have a path");
}

TEST_CASE("relay instance URLs are announced byte for byte") {
    CHECK(*relay_instance_url("r.example:443", true) == "rels://r.example:443");
    CHECK(*relay_instance_url("r.example", false) == "rel://r.example");
    CHECK(*relay_instance_url("rels://R.Example:443/", false) == "rels://R.Example:443/");
    CHECK(*relay_instance_url("RELS://r.example", true) == "rels://r.example");
    CHECK(*relay_instance_url("rel://r.example:80", false) == "rel://r.example:80");
    CHECK(relay_instance_url("rel://r", true).error() ==
          "\"rel://r\" has the non-TLS scheme rel:// although the relay has a certificate: use rels://");
    CHECK(relay_instance_url("https://r", false).error() == "\"https://r\" must start with rels:// or rel://");
    CHECK(relay_instance_url("://r", false).error() == "\"://r\" must start with rels:// or rel://");
    CHECK(relay_instance_url("rel://rels://r", false).error() == "\"rel://rels://r\" has more than one ://");
    CHECK(relay_instance_url("rels://", false).error() == "\"rels://\" has no host");
    CHECK_FALSE(relay_instance_url("", false));
}
