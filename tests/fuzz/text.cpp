// Small texts from requests, files and flags: the first byte chooses the parser.
#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "actors/core/encoding.hpp"
#include "actors/core/ip.hpp"
#include "actors/management/agent_version.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/dns_label.hpp"
#include "actors/management/network_range.hpp"
#include "actors/management/punycode.hpp"
#include "actors/management/secrets.hpp"
#include "actors/management/semantic_version.hpp"
#include "adapters/http/percent.hpp"
#include "adapters/http/router.hpp"
#include "config/duration.hpp"
#include "config/endpoint.hpp"
#include "config/network.hpp"
#include "config/public_address.hpp"
#include "config/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rookery;
using fuzz::expect;

namespace {

void base64(std::string_view text) {
    const auto bytes = core::base64_decode(text);
    if (!bytes) return expect(bytes.error() <= text.size(), "the offset of an error is in the text");
    expect(bytes->size() <= text.size() / 4 * 3, "four characters make three bytes");
    const auto again = core::base64_decode(core::base64_encode(*bytes));
    expect(again && *again == *bytes, "base64 round trip");
}

void hex(std::string_view text) {
    const auto bytes = core::hex_decode(text);
    expect(!bytes || config::lower(text) == core::hex_encode(*bytes), "hex round trip");
    expect(core::hex_decode(core::hex_encode(text)) == std::string(text), "hex round trip of any bytes");
}

// The C library's opinion, which knows no addresses with a NUL in them.
bool system_accepts(int family, std::string_view text) {
    unsigned char ignored[16];
    const std::string copy(text);
    return copy.find('\0') == std::string::npos && ::inet_pton(family, copy.c_str(), ignored) == 1;
}

void ipv4(std::string_view text) {
    const auto address = core::parse_ipv4(text);
    expect(address.has_value() == system_accepts(AF_INET, text), "IPv4 addresses are those of the C library");
    if (address) expect(core::to_string(*address) == text, "IPv4 round trip");
}

void ipv6(std::string_view text) {
    const auto address = core::parse_ipv6(text);
    expect(address.has_value() == system_accepts(AF_INET6, text), "IPv6 addresses are those of the C library");
    if (address) expect(core::parse_ipv6(core::to_string(*address)) == address, "IPv6 round trip");
}

void prefixes(std::string_view text) {
    if (const auto p = core::parse_prefix4(text)) {
        expect(core::parse_prefix4(core::to_string(*p)) == p, "IPv4 prefix round trip");
        expect(p->contains(p->address), "a prefix contains its address");
    }
    if (const auto p = core::parse_prefix6(text)) {
        expect(core::parse_prefix6(core::to_string(*p)) == p, "IPv6 prefix round trip");
        expect(p->contains(p->address), "a prefix contains its address");
    }
    const auto range = management::parse_network_range(std::string(text));
    expect(range ? range->length >= 1 && range->length <= 28 : !range.error().message.empty(), "a range, or an error");
    const auto range_v6 = management::parse_network_range_v6(std::string(text));
    expect(range_v6 ? range_v6->length >= 48 && range_v6->length <= 120 : !range_v6.error().message.empty(),
           "an IPv6 range, or an error");
    if (const auto network = config::parse_network(text))
        expect(config::parse_network(*network) == network, "a network is in its final form");
}

void duration(std::string_view text) {
    const auto any = config::parse_duration(text);
    expect(any || !any.error().empty(), "an error says something");
    const auto positive = config::parse_positive_duration(text);
    expect(positive ? positive->count() > 0 : !positive.error().empty(), "a positive duration, or an error");
}

void version(std::string_view text) {
    const bool release = management::meets_release(text, {0, 30, 1});
    expect(!release || management::meets_version(text, {0, 30, 1}), "a release that is new enough is new enough");
    management::is_development_version(text);
    if (const auto parsed = management::parse_semantic_version(text)) {
        expect(!(*parsed < *parsed), "no version is older than itself");
        expect(management::at_least(text, text), "a version is at least itself");
    }
}

void names(std::string_view text) {
    const auto label = management::dns_label(text, management::max_registered_label);
    expect(label.size() <= management::max_registered_label, "a label is within its limit");
    expect(management::dns_label(label, management::max_registered_label) == label, "a label is in its final form");
    const auto suffixed = management::dns_label_with_suffix(label, core::Ipv4{0x64400102});
    expect(suffixed.size() <= management::max_dns_label, "a label with its suffix is within the limit");
    if (const auto ascii = management::punycode_label(text))
        for (const unsigned char c : *ascii) expect(c < 0x80, "punycode is ASCII");
    if (const auto domain = management::ascii_domain(text)) {
        expect(management::is_extra_dns_label(*domain), "a domain is a name of DNS");
        expect(management::ascii_domain(*domain) == domain, "a domain is in its final form");
    }
    if (management::is_extra_dns_label(text)) expect(text.size() <= 253, "an extra label is a name of DNS");
}

void addresses(std::string_view text) {
    if (const auto endpoint = config::parse_endpoint(text)) {
        const auto again = config::parse_endpoint(config::to_string(*endpoint));
        expect(again && again->host == endpoint->host && again->port == endpoint->port, "endpoint round trip");
    } else {
        expect(!endpoint.error().empty(), "an error says something");
    }
    if (const auto address = config::parse_public_address(text)) {
        expect(!address->host.empty(), "a public address has a host");
        const auto again = config::parse_public_address(address->url());
        expect(again && again->url() == address->url() && again->tls == address->tls, "public address round trip");
        expect(config::relay_instance_url(address->relay_url(), false).has_value(), "its relay URL is one");
    } else {
        expect(!address.error().empty(), "an error says something");
    }
    const auto signal = config::parse_signal_uri(text);
    expect(signal ? !signal->host_port.empty() : !signal.error().empty(), "an address, or an error");
    const auto url = config::relay_instance_url(text, true);
    expect(url ? !url->empty() : !url.error().empty(), "a URL, or an error");
}

void paths(std::string_view text) {
    namespace http = adapters::http;
    if (const auto decoded = http::percent_decode(text)) {
        expect(decoded->size() <= text.size(), "decoding never grows");
        expect(http::percent_decode(http::percent_encode_path(*decoded)) == decoded, "percent round trip");
        if (decoded->starts_with('/')) {
            const auto clean = http::clean_path(*decoded);
            expect(clean.starts_with('/') && http::clean_path(clean) == clean, "a clean path stays clean");
            for (const char c : http::percent_encode_path(clean))
                expect(c > 0x20 && c < 0x7f, "a path can stand in a header");
        }
    }
    http::percent_decode(text, true);
    http::canonical_header_name(text);
}

void keys(std::string_view text) {
    if (const auto key = management::canonical_public_key(text)) {
        expect(key->size() == 44, "a key is 32 bytes");
        expect(management::canonical_public_key(*key) == key, "a canonical key is in its final form");
    }
    management::well_formed_access_token(text);
    management::mask_setup_key(text);
}

void small(std::string_view text) {
    const auto trimmed = config::trim(text);
    expect(config::trim(trimmed) == trimmed, "trimmed is trimmed");
    for (const auto& part : config::split_list(text)) expect(!part.empty(), "no empty parts");
    if (const auto n = config::parse_integer(text)) expect(config::parse_integer(std::to_string(*n)) == n, "integers");
    config::parse_bool(text);
    if (const auto port = config::parse_port(text)) expect(config::parse_port(std::to_string(*port)) == port, "ports");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    constexpr void (*parsers[])(std::string_view) = {base64,  hex,   ipv4,      ipv6,  prefixes, duration,
                                                     version, names, addresses, paths, keys,     small};
    const auto chosen = input.byte() % std::size(parsers);
    // A copy of its exact size on the heap, so that reading past it is seen.
    const std::string text(input.rest());
    const std::unique_ptr<char[]> exact(new char[text.size()]);
    if (!text.empty()) std::memcpy(exact.get(), text.data(), text.size());
    parsers[chosen]({exact.get(), text.size()});
    return 0;
}
