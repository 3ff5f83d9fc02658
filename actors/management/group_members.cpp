#include "actors/management/group_members.hpp"

#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/address_allocation.hpp"
#include "actors/management/audit.hpp"

namespace rookery::management {

using core::ErrorKind;
using core::fail;

namespace {

bool names_peer(const Policy& policy, const PeerId& peer) {
    const auto is = [&](const std::optional<ResourceRef>& resource) { return resource && resource->id == peer; };
    return std::any_of(policy.rules.begin(), policy.rules.end(), [&](const PolicyRule& rule) {
        return is(rule.source_resource) || is(rule.destination_resource);
    });
}

}  // namespace

void change_members(Draft& draft, const Id& group_id, const std::vector<PeerId>& added,
                    const std::vector<PeerId>& removed) {
    const auto& account = draft.account();
    const auto* found = account.groups.find(group_id);
    if (!found) return;
    const auto group = *found;  // the draft changes under it
    Members change{group_id, {}, {}};
    const auto add = [&](std::vector<PeerId>& to, const PeerId& id, int activity) {
        const auto* peer = account.peers.find(id);
        if (!peer) return;
        draft.event(activity, id, membership_event_meta(account, group, *peer, draft.on().rules));
        to.push_back(id);
    };
    for (const auto& id : added)
        if (!group.peers.contains(id) && !std::count(change.added.begin(), change.added.end(), id))
            add(change.added, id, activity::group_added_to_peer);
    for (const auto& id : removed)
        if (group.peers.contains(id)) add(change.removed, id, activity::group_removed_from_peer);
    draft.members(std::move(change));
}

Result<Done> reconcile_ipv6(Draft& draft, const std::vector<PeerId>& peers) {
    const auto& net = draft.account().network.net_v6;
    std::optional<Ipv6Pool> pool;  // built when the first address is needed
    for (const auto& id : peers) {
        const auto* found = draft.account().peers.find(id);
        if (!found) continue;
        auto peer = *found;
        if (!net || !in_ipv6_group(draft.account(), id)) {
            peer.ipv6.reset();
        } else if (!peer.ipv6 || !net->contains(*peer.ipv6)) {
            if (!pool) {
                pool.emplace(*net);
                for (const auto& [other_id, other] : draft.account().peers)
                    if (other->ipv6) pool->keep(*other->ipv6);
            }
            const auto address = pool->take(draft.on().random);
            if (!address) return tl::unexpected(address.error());
            peer.ipv6 = *address;
        }
        draft.put(std::move(peer));
    }
    return Done{};
}

Result<Done> reconcile_ipv6_of_all(Draft& draft) {
    std::vector<PeerId> peers;
    for (const auto& [id, peer] : draft.account().peers) peers.push_back(id);
    return reconcile_ipv6(draft, peers);
}

Result<Done> remove_peer(Draft& draft, const PeerId& id, const UserId& initiator) {
    const auto before = draft.account();
    const auto* peer = before.peers.find(id);
    for (const auto& [router_id, router] : before.network_routers)
        if (router->peer == id)
            return fail(ErrorKind::precondition_failed, "peer is linked to a network router: " + router_id);
    draft.event(activity::peer_deleted, id, peer_event_meta(before, *peer, draft.on().rules), initiator);
    for (const auto& [group_id, group] : before.groups)
        if (group->peers.contains(id)) draft.members(Members{group_id, {}, {id}});
    for (const auto& [policy_id, policy] : before.policies) {
        if (!names_peer(*policy, id)) continue;
        draft.event(activity::policy_deleted, id, {{"name", policy->name}}, initiator);
        draft.remove<Policy>(policy_id);
    }
    draft.remove<Peer>(id);
    return Done{};
}

}  // namespace rookery::management
