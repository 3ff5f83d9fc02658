#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/audit.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/group_members.hpp"

namespace rookery::management {
namespace {

using core::ErrorKind;
using core::fail;

std::vector<ResourceRef> each_once(const std::vector<ResourceRef>& resources) {
    std::vector<ResourceRef> out;
    for (const auto& resource : resources)
        if (std::none_of(out.begin(), out.end(), [&](const auto& r) { return r.id == resource.id; }))
            out.push_back(resource);
    return out;
}

bool has(const std::vector<Id>& groups, const Id& group) {
    return std::count(groups.begin(), groups.end(), group) > 0;
}

template <class T, class Uses>
const T* first_that(const Collection<T>& entities, Uses uses) {
    for (const auto& [id, entity] : entities)
        if (uses(*entity)) return entity.get();
    return nullptr;
}

bool names_group(const Policy& policy, const Id& group) {
    return std::any_of(policy.rules.begin(), policy.rules.end(), [&](const PolicyRule& rule) {
        return has(rule.sources, group) || has(rule.destinations, group);
    });
}

// What keeps a group from being deleted: "<kind>: <name>", the first of the kinds in their order.
std::optional<std::string> link_of(const AccountState& account, const Group& group) {
    const auto& id = group.id;
    if (!group.resources.empty()) return "network resource: " + group.resources.front().id;
    if (has(account.settings.extra.network_traffic_logs_groups, id)) return "settings: traffic event logging";
    if (const auto* route = first_that(account.routes, [&](const Route& r) {
            return has(r.groups, id) || has(r.peer_groups, id) || has(r.access_control_groups, id);
        }))
        return "route: " + route->net_id;
    if (const auto* servers =
            first_that(account.name_server_groups, [&](const NameServerGroup& g) { return has(g.groups, id); }))
        return "name server groups: " + servers->name;
    if (const auto* policy = first_that(account.policies, [&](const Policy& p) { return names_group(p, id); }))
        return "policy: " + policy->name;
    if (const auto* key = first_that(account.setup_keys, [&](const SetupKey& k) { return has(k.auto_groups, id); }))
        return "setup key: " + key->name;
    if (const auto* user = first_that(account.users, [&](const User& u) { return has(u.auto_groups, id); }))
        return "user: " + user->id;
    if (const auto* router =
            first_that(account.network_routers, [&](const NetworkRouter& r) { return has(r.peer_groups, id); }))
        return "network router: " + router->id;
    if (has(account.dns_settings.disabled_management_groups, id))
        return "disabled DNS management groups: " + group.name;
    return std::nullopt;
}

bool is_admin_service_user(const AccountState& account, const UserId& id) {
    const auto* user = account.users.find(id);
    return user && user->service_user && (user->role == Role::admin || user->role == Role::owner);
}

std::vector<PeerId> ids_of(const Group& group) {
    return {group.peers.begin(), group.peers.end()};
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreateGroup& command) {
    const auto& fields = command.fields;
    if (fields.name.empty()) return fail(ErrorKind::invalid_argument, "group name shouldn't be empty");
    if (first_that(c.account.groups, [&](const Group& g) { return g.name == fields.name && g.issued == "api"; }))
        return fail(ErrorKind::already_exists, "group with name " + fields.name + " already exists");
    Draft draft(c);
    Group group;
    group.id = command.id;
    group.name = fields.name;
    group.resources = each_once(fields.resources);
    draft.put(std::move(group));
    draft.event(activity::group_created, command.id, {{"name", fields.name}});
    change_members(draft, command.id, fields.peers, {});
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const UpdateGroup& command) {
    const auto& fields = command.fields;
    const auto* before = c.account.groups.find(command.id);
    if (!before) return fail(ErrorKind::not_found, "group: " + command.id + " not found");
    if (is_all(*before)) return fail(ErrorKind::invalid_argument, "updating group all is not allowed");
    if (fields.name.empty()) return fail(ErrorKind::invalid_argument, "group name shouldn't be empty");
    if (fields.name == "All")
        return fail(ErrorKind::invalid_argument, "group name All is that of the group of all peers; choose another");
    Draft draft(c);
    auto group = *before;
    group.name = fields.name;
    group.resources = each_once(fields.resources);
    draft.put(std::move(group));
    if (before->name != fields.name)
        draft.event(activity::group_renamed, command.id, {{"old_name", before->name}, {"new_name", fields.name}});
    const auto members = ids_of(*before);
    const auto added = difference(fields.peers, members);
    const auto removed = difference(members, fields.peers);
    change_members(draft, command.id, added, removed);
    for (const auto& peers : {added, removed})
        if (auto done = reconcile_ipv6(draft, peers); !done) return tl::unexpected(done.error());
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const DeleteGroup& command) {
    const auto* group = c.account.groups.find(command.id);
    if (!group) return fail(ErrorKind::bad_request, "group: " + command.id + " not found");
    if (group->issued == "integration" && !is_admin_service_user(c.account, c.initiator.user))
        return fail(ErrorKind::bad_request, "only service users with admin power can delete integration group");
    if (is_all(*group)) return fail(ErrorKind::bad_request, "deleting group ALL is not allowed");
    if (const auto link = link_of(c.account, *group))
        return fail(ErrorKind::bad_request, "group has been linked to " + *link);
    Draft draft(c);
    draft.remove<Group>(command.id);
    draft.event(activity::group_deleted, command.id, {{"name", group->name}});
    if (auto done = reconcile_ipv6(draft, ids_of(*group)); !done) return tl::unexpected(done.error());
    return std::move(draft).take(true);
}

}  // namespace rookery::management
