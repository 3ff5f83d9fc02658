// Routes of a map and the firewall rules of those that the peer itself carries (network-map §5.3–§5.5, §5.7).
#pragma once

#include "actors/management/known_peers.hpp"

namespace rookery::management {

struct RouteMap {
    std::string routes, rules;  // fields of NetworkMap
    std::size_t objects = 0;
};

// `online`: peers by a rule whose login has not ended. `ipv6`: the peer uses IPv6.
RouteMap route_map(const CompiledAccount& account, const CompiledPeer& self, const KnownPeers& known,
                   const PeerSet& online, bool ipv6);

}  // namespace rookery::management
