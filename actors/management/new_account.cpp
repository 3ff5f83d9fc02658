#include "actors/management/commands.hpp"

namespace rookery::management {

AccountState make_account(const NewAccount& account, WallTime now) {
    User owner;
    owner.id = account.owner;
    owner.role = Role::owner;
    owner.name = account.owner_name;
    owner.email = account.owner_email;
    owner.created_at = now;

    Group all;
    all.id = account.all_group_id;
    all.name = "All";

    PolicyRule rule;
    rule.id = account.default_policy_id;
    rule.name = "Default";
    rule.sources = rule.destinations = {all.id};
    Policy policy;
    policy.id = account.default_policy_id;
    policy.name = "Default";
    policy.rules = {rule};

    AccountState state;
    state.id = account.id;
    state.created_by = account.owner;
    state.created_at = now;
    state.network = {account.network_id, account.net, account.net_v6};
    state.settings.ipv6_enabled_groups = {all.id};
    state.users = state.users.with(owner.id, std::make_shared<const User>(owner));
    state.groups = state.groups.with(all.id, std::make_shared<const Group>(all));
    state.policies = state.policies.with(policy.id, std::make_shared<const Policy>(policy));
    return state;
}

}  // namespace rookery::management
