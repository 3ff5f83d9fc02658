// The naive rules, first part: questions about an account, and what concerns one of its peers (network-map §4).
#pragma once

#include <algorithm>

#include "actors/management/commands.hpp"
#include "actors/management/posture.hpp"

namespace rookery::management::testing {

namespace naive {

using Ids = std::vector<Id>;
using IdsOnce = std::set<Id>;

inline bool has(const Ids& ids, const Id& id) {
    return std::count(ids.begin(), ids.end(), id) > 0;
}

// Numbers of a version, or nothing.
inline std::optional<std::vector<int>> numbers(std::string text) {
    text = text.substr(0, text.find('-'));
    if (!text.empty() && text[0] == 'v') text = text.substr(1);
    std::vector<int> out;
    for (std::size_t at = 0;;) {
        const auto dot = text.find('.', at);
        const auto part = text.substr(at, dot == std::string::npos ? dot : dot - at);
        if (part.empty() || part.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
        out.push_back(std::stoi(part));
        if (dot == std::string::npos) return out;
        at = dot + 1;
    }
}

inline bool at_least(const std::string& version, std::vector<int> minimum) {
    for (const auto* word : {"development", "ci-", "dev-"})
        if (version.rfind(word, 0) == 0) return true;
    auto v = numbers(version);
    if (!v) return false;
    while (v->size() < minimum.size()) v->push_back(0);
    while (minimum.size() < v->size()) minimum.push_back(0);
    return *v >= minimum;
}

struct Rule {  // an enabled one
    const Policy& policy;
    const PolicyRule& rule;
};

class NaiveAccount {
public:
    NaiveAccount(const AccountState& account, const Rules& rules, const PeerId& self, WallTime now)
        : a_(account), domain_(account.settings.dns_domain), t_(*account.peers.find(self)), T_(self), now_(now) {
        if (domain_.empty()) domain_ = rules.default_dns_domain;
        for (const auto& [id, policy] : a_.policies)
            if (policy->enabled)
                for (const auto& rule : policy->rules)
                    if (rule.enabled) rules_.push_back({*policy, rule});
        v6_ = t_.ipv6 && supports6(t_);
    }

protected:
    // ---- questions ----
    bool approved(const PeerId& id) const {
        const auto* peer = a_.peers.find(id);
        return peer && !peer->requires_approval;
    }
    static bool supports6(const Peer& peer) {
        return peer.meta.capabilities.contains(2) && !peer.meta.flags.disable_ipv6;
    }
    bool expired(const PeerId& id) const {
        const auto& p = *a_.peers.find(id);
        const auto& s = a_.settings;
        return s.peer_login_expiration_enabled && !p.user.empty() && p.login_expiration_enabled &&
               p.last_login + std::chrono::seconds(s.peer_login_expiration) <= now_;
    }
    bool fails(const PeerId& id, const Ids& checks) const {
        return std::any_of(checks.begin(), checks.end(), [&](const Id& check_id) {
            const auto* check = a_.posture_checks.find(check_id);
            return check && !fulfils(*a_.peers.find(id), a_.statuses.find(id), *check);
        });
    }
    bool in_group(const PeerId& peer, const Id& id) const {
        const auto* group = a_.groups.find(id);
        return group && group->peers.contains(peer);
    }
    bool in_any(const PeerId& peer, const Ids& groups) const {
        return std::any_of(groups.begin(), groups.end(), [&](const Id& id) { return in_group(peer, id); });
    }
    // §4.2, T included.
    IdsOnce members(const Ids& groups, const Ids& checks = {}) const {
        IdsOnce all;
        for (const auto& id : groups) {
            const auto* group = a_.groups.find(id);
            if (!group) continue;
            const IdsOnce these(group->peers.begin(), group->peers.end());
            if (group->name == "All" || groups.size() == 1) {
                all = these;
                break;
            }
            all.insert(these.begin(), these.end());
        }
        IdsOnce out;
        for (const auto& id : all)
            if (approved(id) && !fails(id, checks)) out.insert(id);
        return out;
    }
    static bool names_peer(const std::optional<ResourceRef>& resource) {
        return resource && resource->type == "peer" && !resource->id.empty();
    }
    IdsOnce one(const PeerId& id) const { return approved(id) ? IdsOnce{id} : IdsOnce{}; }
    IdsOnce sources(const Rule& r) const {
        return names_peer(r.rule.source_resource) ? one(r.rule.source_resource->id)
                                                  : members(r.rule.sources, r.policy.source_posture_checks);
    }
    IdsOnce destinations(const Rule& r) const {
        return names_peer(r.rule.destination_resource) ? one(r.rule.destination_resource->id)
                                                       : members(r.rule.destinations);
    }
    bool routes_itself(const Route& r, const PeerId& id) const { return r.peer == id || in_any(id, r.peer_groups); }

    // ---- §4: what concerns T ----
    void select() {
        K_ = {T_};
        for (const auto& r : rules_) {
            const auto S = sources(r), D = destinations(r);
            if (S.contains(T_)) K_.insert(D.begin(), D.end());
            if (D.contains(T_)) K_.insert(S.begin(), S.end());
        }
        for (const auto& [id, route] : a_.routes) {
            if (!routes_itself(*route, T_) && !(route->enabled && in_any(T_, route->groups))) continue;
            relevant_.push_back(route.get());
            for (const auto& [peer, value] : a_.peers)
                if (approved(peer) && routes_itself(*route, peer)) K_.insert(peer);
        }
        K_dns_ = K_;
        for (const auto& [id, resource] : a_.network_resources) {
            if (!resource->enabled) continue;
            const auto R = routers(resource->network);
            const auto clients = clients_of(*resource);
            if (!R.contains(T_) && !clients.contains(T_)) continue;
            if (R.contains(T_)) K_.insert(clients.begin(), clients.end());
            for (const auto& [peer, router] : R)
                if (approved(peer)) K_.insert(peer);
        }
    }
    std::map<PeerId, const NetworkRouter*> routers(const Id& network) const {
        std::map<PeerId, const NetworkRouter*> out;
        for (const auto& [id, router] : a_.network_routers) {
            if (!router->enabled || router->network != network) continue;
            for (const auto& [peer, value] : a_.peers)
                if (router->peer == peer || in_any(peer, router->peer_groups)) out[peer] = router.get();
        }
        return out;
    }
    std::vector<const Policy*> policies_of(const NetworkResource& resource) const {
        std::vector<const Policy*> out;
        for (const auto& r : rules_) {
            const bool named = r.rule.destination_resource && r.rule.destination_resource->id == resource.id;
            const bool grouped = std::any_of(r.rule.destinations.begin(), r.rule.destinations.end(), [&](const Id& id) {
                const auto* group = a_.groups.find(id);
                return group && std::any_of(group->resources.begin(), group->resources.end(),
                                            [&](const ResourceRef& x) { return x.id == resource.id; });
            });
            if (named || grouped) out.push_back(&r.policy);
        }
        return out;
    }
    IdsOnce clients_of(const Policy& policy) const {
        Ids groups;
        for (const auto& rule : policy.rules)
            for (const auto& id : rule.sources)
                if (!has(groups, id)) groups.push_back(id);
        const auto& named = policy.rules[0].source_resource;
        IdsOnce out;
        for (const auto& id : names_peer(named) ? one(named->id) : members(groups))
            if (!fails(id, policy.source_posture_checks)) out.insert(id);
        return out;
    }
    IdsOnce clients_of(const NetworkResource& resource) const {
        IdsOnce out;
        for (const auto* policy : policies_of(resource)) out.merge(clients_of(*policy));
        return out;
    }

    const AccountState& a_;
    std::string domain_;
    const Peer& t_;
    const PeerId T_;
    const WallTime now_;
    std::vector<Rule> rules_;
    bool v6_ = false;
    IdsOnce K_, K_dns_;
    std::vector<const Route*> relevant_;
};

}  // namespace naive
}  // namespace rookery::management::testing
