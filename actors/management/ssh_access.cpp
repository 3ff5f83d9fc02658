#include "actors/management/ssh_access.hpp"

#include "actors/management/account_view.hpp"

namespace rookery::management {
namespace {

bool any_rule_towards(const AccountState& account, const Peer& peer, bool (*fits)(const PolicyRule&)) {
    for (const auto& [id, policy] : account.policies) {
        if (!policy->enabled) continue;
        for (const auto& rule : policy->rules)
            if (rule.enabled && fits(rule) && is_member(account, rule.destinations, peer.id)) return true;
    }
    return false;
}

}  // namespace

bool ssh_enabled_by_policy(const AccountState& account, const Peer& peer) {
    return any_rule_towards(account, peer, [](const PolicyRule& rule) { return rule.protocol == "netbird-ssh"; });
}

bool ssh_open_to_users(const AccountState& account, const Peer& peer) {
    return ssh_enabled_by_policy(account, peer) ||
           (peer.ssh_enabled &&
            any_rule_towards(account, peer, [](const PolicyRule& rule) { return rule.protocol == "all"; }));
}

std::vector<UserId> ssh_users(const AccountState& account) {
    std::vector<UserId> users;
    for (const auto& [id, user] : account.users)
        if (!user->blocked && !user->service_user) users.push_back(id);
    return users;
}

}  // namespace rookery::management
