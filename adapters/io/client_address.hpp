// Whose call it is when a proxy stands between (config-ops §2.7, management-grpc §T.5, signal-relay-stun §2.4). What
// a proxy says about its client counts only if the connection comes from one that the operator trusts; everybody
// else is who the connection says. One set of rules for HTTP headers and gRPC metadata; docs/decisions/0017.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/io/networks.hpp"

namespace rookery::adapters::io {

// Headers or metadata, names lower-case.
using Fields = std::vector<std::pair<std::string, std::string>>;

struct ProxyTrust {
    Networks peers;     // whose connections may name another client; empty: nobody's
    Networks proxies;   // further proxies behind them, passed over in X-Forwarded-For
    unsigned hops = 0;  // how many trusted proxies have added to X-Forwarded-For, this node's peer included; 0: one
};

// Whom X-Forwarded-For names, read from its right end, where the trusted proxies write: the first entry that is not
// one of them. Without the header, or when it has fewer entries than `hops`: X-Real-Ip. Nothing, or nothing that is
// an address: the peer. `remote`: the connection's peer, "1.2.3.4:567" or "[::1]:567". The answer has no port where
// none is known: "1.2.3.4", "[::1]".
std::string client_address(std::string_view remote, const Fields& fields, const ProxyTrust& trust);

// The relay's rule: `peers` may name the client in X-Real-Ip together with X-Real-Port; std::nullopt when these are
// not an address and a port.
std::optional<std::string> client_of_relay(std::string_view remote, const Fields& fields, const Networks& peers);

}  // namespace rookery::adapters::io
