// Which address a link is logged under (spec signal-relay-stun §2.4): the TCP peer, unless a proxy that is
// trusted tells another one in X-Real-Ip and X-Real-Port.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "actors/core/error.hpp"
#include "adapters/http/server.hpp"

namespace rookery::adapters::relay {

class TrustedProxies {
public:
    // Trusts nobody.
    TrustedProxies() = default;
    static TrustedProxies everybody();
    // CIDRs or addresses; anything else is invalid_argument and names the entry.
    static core::Result<TrustedProxies> parse(const std::vector<std::string>& entries);

    // `remote`: "1.2.3.4:567" or "[::1]:567".
    bool trusts(std::string_view remote) const;

private:
    bool all_ = false;
    std::vector<http::asio::ip::network_v4> v4_;
    std::vector<http::asio::ip::network_v6> v6_;
};

// "ip:port"; nullopt when a trusted proxy's headers are not an address and a port.
std::optional<std::string> client_address(const http::Request& request, const TrustedProxies& proxies);

}  // namespace rookery::adapters::relay
