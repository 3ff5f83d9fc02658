#include "actors/management/ssh_access.hpp"

#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/blake2b.hpp"

namespace rookery::management {
namespace {

constexpr int ssh_port = 22, netbird_ssh_port = 22022;
constexpr const char* any_local_user = "*";

}  // namespace

bool ssh_enabled_by_policy(const AccountState& account, const Peer& peer) {
    const auto reaches = [&](const PolicyRule& rule) {
        if (!rule.enabled || rule.protocol != "netbird-ssh") return false;
        const auto& resource = rule.destination_resource;
        if (resource && resource->type == "peer") return resource->id == peer.id;
        return std::any_of(rule.destinations.begin(), rule.destinations.end(), [&](const Id& id) {
            const auto* group = account.groups.find(id);
            return group && group->peers.contains(peer.id);
        });
    };
    return std::any_of(account.policies.begin(), account.policies.end(), [&](const auto& entry) {
        const auto& policy = *entry.second;
        return policy.enabled && std::any_of(policy.rules.begin(), policy.rules.end(), reaches);
    });
}

bool opens_legacy_ssh(const PolicyRule& rule) {
    if (rule.protocol == "all") return true;
    if (rule.protocol != "tcp") return false;
    return std::any_of(rule.ports.begin(), rule.ports.end(),
                       [](const std::string& port) { return port == "22" || port == "22022"; }) ||
           std::any_of(rule.port_ranges.begin(), rule.port_ranges.end(), [](const PortRange& range) {
               const auto covers = [&](int port) { return range.start <= port && port <= range.end; };
               return covers(ssh_port) || covers(netbird_ssh_port);
           });
}

void SshAccess::add(const PolicyRule& rule) {
    const bool netbird_ssh = rule.protocol == "netbird-ssh";
    if (!netbird_ssh && !(peer_.ssh_enabled && opens_legacy_ssh(rule))) return;
    enabled_ = true;
    if (netbird_ssh && !rule.authorized_groups.empty()) {
        for (const auto& [group, local_users] : rule.authorized_groups) add_users_of(group, local_users);
    } else if (netbird_ssh && !rule.authorized_user.empty()) {
        users_[any_local_user].insert(rule.authorized_user);
    } else {
        const auto& everybody = account_.ssh_users->ids;
        users_[any_local_user] = {everybody.begin(), everybody.end()};
    }
}

void SshAccess::add_users_of(const Id& group_id, const std::vector<std::string>& local_users) {
    const auto& users = *account_.ssh_users;
    std::vector<UserId> ids;
    if (const auto* group = account_.groups.find(group_id); group && is_all(*group->group)) {
        ids = users.ids;
    } else if (const auto it = users.by_group.find(group_id); it != users.by_group.end()) {
        for (const auto index : it->second) ids.push_back(users.ids[index]);
    }
    if (ids.empty()) return;
    if (local_users.empty()) users_[any_local_user].insert(ids.begin(), ids.end());
    for (const auto& local_user : local_users) users_[local_user].insert(ids.begin(), ids.end());
}

::management::SSHAuth SshAccess::message() const {
    ::management::SSHAuth out;
    out.set_useridclaim("sub");
    std::map<UserId, std::uint32_t> indexes;
    for (const auto& [local_user, ids] : users_) {
        auto& entry = (*out.mutable_machine_users())[local_user];
        for (const auto& id : ids) {
            const auto [it, fresh] = indexes.emplace(id, static_cast<std::uint32_t>(indexes.size()));
            if (fresh) out.add_authorizedusers(blake2b_128(id));
            entry.add_indexes(it->second);
        }
    }
    return out;
}

}  // namespace rookery::management
