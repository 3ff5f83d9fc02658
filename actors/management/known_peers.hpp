// What concerns one peer of an account (network-map §4): the peers it knows and why. Pure.
#pragma once

#include "actors/management/compiled_account.hpp"

namespace rookery::management {

struct KnownPeers {
    PeerSet acl;     // by a rule, without itself
    PeerSet named;   // have records in DNS: itself, those by a rule, and routing peers of its routes
    PeerSet all;     // and those of network resources
    PeerSet routed;  // by network resources: routers of what it may use, clients of what it routes; may hold itself
    std::vector<const CompiledRoute*> routes;        // it routes or may use
    std::vector<const CompiledResource*> resources;  // it routes or may use, and somebody may
};

KnownPeers known_peers(const CompiledAccount& account, Slot self);

}  // namespace rookery::management
