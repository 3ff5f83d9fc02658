// Who has to hear of a change follows from what maps are made of: for each part of the account that is not the same
// any more, the peers in whose maps it stands. No rule looks at what was commanded, so none can be forgotten.
#include <algorithm>

#include "actors/management/network_map.hpp"
#include "actors/management/ssh_access.hpp"

namespace rookery::management {
namespace {

// Settings that stand in every map, and what all of them are made with.
bool concerns_everybody(const CompiledAccount& before, const CompiledAccount& after) {
    const auto& a = before.state->settings;
    const auto& b = after.state->settings;
    return before.domain() != after.domain() || before.forwarder_port != after.forwarder_port ||
           !(before.state->network == after.state->network) ||
           a.routing_peer_dns_resolution_enabled != b.routing_peer_dns_resolution_enabled ||
           a.lazy_connection_enabled != b.lazy_connection_enabled || a.auto_update_version != b.auto_update_version ||
           a.auto_update_always != b.auto_update_always ||
           a.peer_login_expiration_enabled != b.peer_login_expiration_enabled ||
           a.peer_login_expiration != b.peer_login_expiration;
}

class Affected {
public:
    Affected(const CompiledAccount& before, const CompiledAccount& after) : before_(before), after_(after) {}

    PeerSet find() && {
        peers();
        each_pair(before_.policies, after_.policies, [this](const auto* a, const auto* b) { policies(a, b); });
        each_pair(before_.routes, after_.routes, [this](const auto* a, const auto* b) { routes(a, b); });
        each_pair(before_.resources, after_.resources, [this](const auto* a, const auto* b) { resources(a, b); });
        each_pair(before_.name_servers, after_.name_servers, [this](const auto* a, const auto* b) { notices(a, b); });
        each_pair(before_.zones, after_.zones, [this](const auto* a, const auto* b) { notices(a, b); });
        each_pair(before_.checks, after_.checks, [this](const auto* a, const auto* b) { checks(a, b); });
        affected_ |= before_.without_dns ^ after_.without_dns;
        if (!(*before_.ssh_users == *after_.ssh_users)) ssh_users();
        neighbours(before_);
        neighbours(after_);
        return std::move(affected_);
    }

private:
    // Calls use(old, new) for every entity that was prepared anew; nullptr where it is not there.
    template <class T, class Use>
    static void each_pair(const Collection<T>& before, const Collection<T>& after, Use use) {
        for_each_difference(before, after, [&](const auto* a, const auto* b) {
            use(a ? a->second.get() : nullptr, b ? b->second.get() : nullptr);
        });
    }

    void peers() {
        visible_ = before_.with_aaaa ^ after_.with_aaaa;
        each_pair(before_.peers_by_id, after_.peers_by_id, [this](const CompiledPeer* a, const CompiledPeer* b) {
            const auto slot = (b ? b : a)->slot;
            if (a && b && *a->peer == *b->peer && a->pieces == b->pieces) return;
            affected_.insert(slot);
            const auto same_state = [](const Peer& x, const Peer& y) {
                return x.requires_approval == y.requires_approval && x.user == y.user &&
                       x.login_expiration_enabled == y.login_expiration_enabled && x.last_login == y.last_login;
            };
            if (!a || !b || !(a->pieces == b->pieces) || !same_state(*a->peer, *b->peer)) visible_.insert(slot);
        });
        affected_ |= visible_;
    }

    // Whoever has one of the visible peers in its map.
    void neighbours(const CompiledAccount& account) {
        if (visible_.empty()) return;
        for (const auto& [id, policy] : account.policies)
            for (const auto& rule : policy->rules) tell_other_side(rule.sources, rule.destinations, visible_);
        for (const auto& [id, route] : account.routes)
            if (route->routing.intersects(visible_)) affected_ |= route->routing | route->consumers;
        for (const auto& [id, resource] : account.resources) {
            if (resource->routing.intersects(visible_)) affected_ |= resource->routing | resource->clients;
            if (resource->clients.intersects(visible_)) affected_ |= resource->routing;
        }
    }

    void tell_other_side(const PeerSet& sources, const PeerSet& destinations, const PeerSet& changed) {
        if (sources.intersects(changed)) affected_ |= destinations;
        if (destinations.intersects(changed)) affected_ |= sources;
    }

    void policies(const CompiledPolicy* a, const CompiledPolicy* b) {
        static const CompiledPolicy none;
        const auto& old = a ? *a : none;
        const auto& now = b ? *b : none;
        if (a && b && *a->policy == *b->policy) {
            for (std::size_t i = 0; i < now.rules.size(); ++i) sides(old.rules[i], now.rules[i]);
        } else {
            for (const auto* policy : {&old, &now})
                for (const auto& rule : policy->rules) affected_ |= rule.sources | rule.destinations;
        }
        const bool other_checks = !a || !b || a->policy->source_posture_checks != b->policy->source_posture_checks;
        affected_ |= other_checks ? old.checked | now.checked : old.checked ^ now.checked;
    }

    // Who entered or left a side, and everybody on the other.
    void sides(const CompiledRule& old, const CompiledRule& now) {
        const auto sources = old.sources ^ now.sources;
        const auto destinations = old.destinations ^ now.destinations;
        affected_ |= sources | destinations;
        if (!sources.empty()) affected_ |= old.destinations | now.destinations;
        if (!destinations.empty()) affected_ |= old.sources | now.sources;
    }

    // Whether rules of routes made from the one differ from those made from the other.
    static bool same_access(const std::vector<PolicyPtr>& a, const std::vector<PolicyPtr>& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const PolicyPtr& x, const PolicyPtr& y) {
            return x == y ||
                   (*x->policy == *y->policy && x->named == y->named &&
                    std::equal(x->rules.begin(), x->rules.end(), y->rules.begin(), y->rules.end(),
                               [](const CompiledRule& r, const CompiledRule& s) {
                                   return r.source_groups == s.source_groups && r.source_peer == s.source_peer;
                               }));
        });
    }

    void routes(const CompiledRoute* a, const CompiledRoute* b) {
        static const CompiledRoute none;
        const auto& old = a ? *a : none;
        const auto& now = b ? *b : none;
        if (!a || !b || !(*a->route == *b->route) || !(old.routing == now.routing)) {
            affected_ |= old.routing | now.routing | old.consumers | now.consumers;
            return;
        }
        const auto consumers = old.consumers ^ now.consumers;
        affected_ |= consumers;
        const bool restricted = !now.route->access_control_groups.empty();
        if (restricted && (!consumers.empty() || !same_access(old.access, now.access))) affected_ |= now.routing;
    }

    void resources(const CompiledResource* a, const CompiledResource* b) {
        static const CompiledResource none;
        const auto& old = a ? *a : none;
        const auto& now = b ? *b : none;
        const auto same_router = [](const auto& x, const auto& y) {
            return x.first == y.first && *x.second == *y.second;
        };
        if (!a || !b || !(*a->resource == *b->resource) ||
            !std::equal(old.routers.begin(), old.routers.end(), now.routers.begin(), now.routers.end(), same_router)) {
            affected_ |= old.routing | now.routing | old.clients | now.clients;
            return;
        }
        const auto clients = old.clients ^ now.clients;
        affected_ |= clients;
        if (!clients.empty() || !same_access(old.policies, now.policies)) affected_ |= now.routing;
    }

    template <class T>
    void notices(const CompiledNotice<T>* a, const CompiledNotice<T>* b) {
        static const CompiledNotice<T> none;
        const auto& old = a ? *a : none;
        const auto& now = b ? *b : none;
        // Of a name-server group more counts than the piece: its own servers are not told of it.
        const bool same = a && b && *a->entity == *b->entity;
        affected_ |= same ? old.readers ^ now.readers : old.readers | now.readers;
    }

    // Other files to report about; which peers fail it shows in the policies.
    void checks(const CompiledCheck* a, const CompiledCheck* b) {
        if (a && b && a->files == b->files) return;
        const auto& id = (a ? a : b)->check->id;
        for (const auto* account : {&before_, &after_})
            for (const auto& [policy_id, policy] : account->policies) {
                const auto& ids = policy->policy->source_posture_checks;
                if (std::count(ids.begin(), ids.end(), id)) affected_ |= policy->checked;
            }
    }

    void ssh_users() {
        for (const auto& [id, policy] : after_.policies)
            for (const auto& compiled : policy->rules) {
                const auto& rule = policy->rule(compiled);
                if (rule.protocol == "netbird-ssh" || opens_legacy_ssh(rule)) affected_ |= compiled.destinations;
            }
    }

    const CompiledAccount& before_;
    const CompiledAccount& after_;
    PeerSet visible_;  // peers that others see differently
    PeerSet affected_;
};

}  // namespace

std::set<PeerId> affected_peers(const CompiledAccount& before, const CompiledAccount& after) {
    std::set<PeerId> out;
    if (concerns_everybody(before, after)) {
        for (const auto& [id, peer] : after.peers_by_id) out.insert(out.end(), id);
        return out;
    }
    Affected(before, after).find().for_each([&](Slot slot) {
        if (const auto& peer = after.peers.entry(slot)) out.insert(peer->peer->id);
    });
    return out;
}

}  // namespace rookery::management
