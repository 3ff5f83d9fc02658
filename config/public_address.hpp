// The address agents use: what an operator writes, and the forms in which it is announced.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/outcome.hpp"

namespace rookery::config {

// "https://host:port", "http://host:port", or "host:port" meaning https (config-ops §2.2, §2.10).
struct PublicAddress {
    bool tls = true;
    std::string host;                   // without brackets
    std::optional<std::uint16_t> port;  // as written: no port stays no port

    std::string authority() const;            // host or host:port, IPv6 in brackets
    std::string authority_with_port() const;  // agents' signal address must carry a port (management-grpc, HostConfig)
    std::string url() const;                  // "https://authority"
    std::string issuer_base() const;          // url() without a port that is the scheme's own
    std::string relay_url() const;            // "rels://authority"
    std::string stun_uri(std::uint16_t stun_port) const;
};
Parsed<PublicAddress> parse_public_address(std::string_view text);

// server.signalUri: "http://" is cleartext, every other scheme and none is TLS; what is sent has no scheme.
struct SignalAddress {
    std::string host_port;
    bool tls = true;
};
Parsed<SignalAddress> parse_signal_uri(std::string_view text);

// NB_EXPOSED_ADDRESS of a relay (signal-relay-stun §2.15). All instances of a pool announce this string and agents
// compare it byte for byte, so nothing but the scheme's case is normalised.
Parsed<std::string> relay_instance_url(std::string_view text, bool relay_has_tls);

}  // namespace rookery::config
