#include <algorithm>
#include <array>

#include "actors/management/commands.hpp"
#include "actors/management/secrets.hpp"

namespace rookery::management {
namespace {

constexpr const char* default_policy_description =
    "This is a default rule that allows connections between all the resources";

}  // namespace

NewAccount new_account(std::string owner_name, std::string owner_email, core::WallTime now,
                       const core::Crypto& crypto) {
    const auto id = [&] { return new_xid(now, crypto); };
    NewAccount account;
    account.id = id();
    account.owner = id();
    account.owner_name = std::move(owner_name);
    account.owner_email = std::move(owner_email);
    account.network_id = id();
    account.all_group_id = id();
    account.default_policy_id = id();
    // One of the 64 /16 networks of 100.64.0.0/10; fd and 56 random bits as /64.
    std::array<std::uint8_t, 8> random{};
    crypto.random(random.data(), random.size());
    account.net = {core::Ipv4{100u << 24 | (64u + random[0] % 64u) << 16}, 16};
    account.net_v6.length = 64;
    account.net_v6.address.bytes[0] = 0xfd;
    std::copy(random.begin() + 1, random.end(), account.net_v6.address.bytes.begin() + 1);
    return account;
}

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
    rule.description = default_policy_description;
    rule.sources = rule.destinations = {all.id};
    Policy policy;
    policy.id = account.default_policy_id;
    policy.name = "Default";
    policy.description = default_policy_description;
    policy.rules = {rule};

    AccountState state;
    state.id = account.id;
    state.created_by = account.owner;
    state.created_at = now;
    state.network = {account.network_id, account.net, account.net_v6};
    state.settings.ipv6_enabled_groups = {all.id};
    state.onboarding = {true, true};
    state.users = state.users.with(owner.id, std::make_shared<const User>(owner));
    state.groups = state.groups.with(all.id, std::make_shared<const Group>(all));
    state.policies = state.policies.with(policy.id, std::make_shared<const Policy>(policy));
    return state;
}

}  // namespace rookery::management
