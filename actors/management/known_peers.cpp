#include "actors/management/known_peers.hpp"

namespace rookery::management {

KnownPeers known_peers(const CompiledAccount& account, Slot self) {
    KnownPeers known;
    for (const auto& [id, policy] : account.policies)
        for (const auto& rule : policy->rules) {
            if (rule.sources.contains(self)) known.acl |= rule.destinations;
            if (rule.destinations.contains(self)) known.acl |= rule.sources;
        }
    known.named = known.acl;
    known.named.insert(self);
    known.acl.erase(self);
    for (const auto& [id, route] : account.routes) {
        if (!route->routing.contains(self) && !(route->route->enabled && route->consumers.contains(self))) continue;
        known.routes.push_back(route.get());
        known.named |= route->routing & account.approved;
    }
    known.all = known.named;
    for (const auto& [id, resource] : account.resources) {
        const bool routes = resource->routing.contains(self);
        if (!routes && !resource->clients.contains(self)) continue;
        const auto routing = resource->routing & account.approved;
        known.all |= routing;
        if (routes) known.all |= resource->clients;
        if (resource->policies.empty()) continue;
        known.routed |= routes ? resource->clients : routing;
        known.resources.push_back(resource.get());
    }
    return known;
}

}  // namespace rookery::management
