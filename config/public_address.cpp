#include "config/public_address.hpp"

#include <fmt/format.h>

#include "config/endpoint.hpp"
#include "config/text.hpp"

namespace rookery::config {
namespace {

constexpr std::string_view scheme_mark = "://";

std::uint16_t default_port(bool tls) {
    return tls ? 443 : 80;
}

struct Split {
    std::optional<std::string> scheme;  // lower case
    std::string rest;
};
Split split_scheme(std::string_view text) {
    const auto mark = text.find(scheme_mark);
    if (mark == std::string_view::npos) return {std::nullopt, std::string(text)};
    return {lower(text.substr(0, mark)), std::string(text.substr(mark + scheme_mark.size()))};
}

void strip_slashes(std::string& text) {
    while (!text.empty() && text.back() == '/') text.pop_back();
}

// What is wrong with "host[:port]", or the address.
Parsed<PublicAddress> parse_authority(const std::string& text, bool tls) {
    if (text.find_first_of("/?#") != std::string::npos) return wrong("must not have a path");
    if (text.find('@') != std::string::npos) return wrong("must not have a user name");
    const auto parts = split_host_port(text);
    if (!parts || text.find_first_of(" \t") != std::string::npos) {
        return wrong("is not host:port (an IPv6 address needs brackets)");
    }
    if (parts->host.empty()) return wrong("has no host");
    PublicAddress out{tls, parts->host, std::nullopt};
    if (parts->port) {
        out.port = parse_port(*parts->port);
        if (!out.port || *out.port == 0) return wrong("has a port that is not between 1 and 65535");
    }
    return out;
}

}  // namespace

std::string PublicAddress::authority() const {
    return port ? fmt::format("{}:{}", bracketed(host), *port) : bracketed(host);
}

std::string PublicAddress::authority_with_port() const {
    return fmt::format("{}:{}", bracketed(host), port.value_or(default_port(tls)));
}

std::string PublicAddress::url() const {
    return fmt::format("{}://{}", tls ? "https" : "http", authority());
}

std::string PublicAddress::issuer_base() const {
    PublicAddress base = *this;
    if (port == default_port(tls)) base.port.reset();
    return base.url();
}

std::string PublicAddress::relay_url() const {
    return fmt::format("{}://{}", tls ? "rels" : "rel", authority());
}

std::string PublicAddress::stun_uri(std::uint16_t stun_port) const {
    return fmt::format("stun:{}:{}", bracketed(host), stun_port);
}

Parsed<PublicAddress> parse_public_address(std::string_view text) {
    const auto quoted = [&](std::string_view problem) { return wrong(fmt::format("\"{}\" {}", text, problem)); };
    auto [scheme, rest] = split_scheme(text);
    if (scheme && *scheme != "http" && *scheme != "https") return quoted("must start with https:// or http://");
    strip_slashes(rest);
    auto address = parse_authority(rest, scheme != "http");
    if (!address) return quoted(address.error());
    return *address;
}

Parsed<SignalAddress> parse_signal_uri(std::string_view text) {
    auto [scheme, rest] = split_scheme(text);
    strip_slashes(rest);
    const auto address = parse_authority(rest, scheme != "http");
    if (!address) return wrong(fmt::format("\"{}\" {}", text, address.error()));
    return SignalAddress{address->authority_with_port(), address->tls};
}

Parsed<std::string> relay_instance_url(std::string_view text, bool relay_has_tls) {
    const auto quoted = [&](std::string_view problem) { return wrong(fmt::format("\"{}\" {}", text, problem)); };
    const auto [scheme, rest] = split_scheme(text);
    if (rest.empty()) return quoted("has no host");
    if (rest.find(scheme_mark) != std::string::npos) return quoted("has more than one ://");
    if (!scheme) return fmt::format("{}://{}", relay_has_tls ? "rels" : "rel", rest);
    if (*scheme != "rel" && *scheme != "rels") return quoted("must start with rels:// or rel://");
    if (*scheme == "rel" && relay_has_tls) {
        return quoted("has the non-TLS scheme rel:// although the relay has a certificate: use rels://");
    }
    return fmt::format("{}://{}", *scheme, rest);
}

}  // namespace rookery::config
