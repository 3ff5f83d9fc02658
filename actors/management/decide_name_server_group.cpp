// Name-server groups and DNS settings (rest-api §6.13); the order of the checks is part of the interface.
#include "actors/management/account_view.hpp"
#include "actors/management/audit.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/draft.hpp"

namespace rookery::management {
namespace {

using core::ErrorKind;
using core::fail;

tl::unexpected<core::Error> invalid(std::string text) {
    return fail(ErrorKind::invalid_argument, std::move(text));
}

Result<Done> check_server(const NameServer& server) {
    // Agents crash on an address that is none.
    if ((!core::parse_ipv4(server.ip) && !core::parse_ipv6(server.ip)) || server.type != "udp" || server.port < 1 ||
        server.port > 65535)
        return invalid("invalid ns servers format");
    return Done{};
}

Result<Done> check_domain(const std::string& domain) {
    const auto refuse = [&](const std::string& why) {
        return invalid("nameserver group got an invalid domain: " + domain + " \"" + why + "\"");
    };
    if (is_wildcard(domain)) return refuse("wildcards not allowed");
    std::string_view name = domain;
    if (name.ends_with('.')) name.remove_suffix(1);
    if (!ascii_domain(name)) return refuse("invalid domain name: invalid domain format: " + domain);
    return Done{};
}

Result<Done> check(const AccountState& account, const NameServerGroup& group) {
    for (const auto& server : group.servers)
        if (auto done = check_server(server); !done) return done;
    const std::string status = "nameserver group primary status is ";
    if (!group.primary && group.domains.empty())
        return invalid(status + "false and domains are empty, it should be primary or have at least one domain");
    if (group.primary && !group.domains.empty())
        return invalid(status + "true and domains are not empty, you should set either primary or domain");
    if (group.primary && group.search_domains_enabled)
        return invalid(status +
                       "true and search domains is enabled, you should not set search domains for primary "
                       "nameservers");
    for (const auto& domain : group.domains)
        if (auto done = check_domain(domain); !done) return done;
    if (group.servers.empty() || group.servers.size() > 3)
        return invalid("the list of nameservers should be 1 or 3, got " + std::to_string(group.servers.size()));
    if (const auto size = length(group.name); size < 1 || size > 40)
        return invalid("nameserver group name should be between 1 and 40");
    for (const auto& [id, other] : account.name_server_groups)
        if (id != group.id && other->name == group.name)
            return invalid("nameserver group with name " + group.name + " already exist");
    return check_some_groups(account, group.groups);
}

tl::unexpected<core::Error> unknown(const Id& id) {
    return fail(ErrorKind::not_found, "nameserver group: " + id + " not found");
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreateNameServerGroup& command) {
    const auto& group = command.group;
    if (auto done = check(c.account, group); !done) return tl::unexpected(done.error());
    Draft draft(c);
    draft.put(group);
    draft.event(activity::name_server_group_created, group.id, {{"name", group.name}});
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const UpdateNameServerGroup& command) {
    const auto& group = command.group;
    if (!c.account.name_server_groups.find(group.id)) return unknown(group.id);
    if (auto done = check(c.account, group); !done) return tl::unexpected(done.error());
    Draft draft(c);
    draft.put(group);
    draft.event(activity::name_server_group_updated, group.id, {{"name", group.name}});
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const DeleteNameServerGroup& command) {
    const auto* group = c.account.name_server_groups.find(command.id);
    if (!group) return unknown(command.id);
    Draft draft(c);
    draft.event(activity::name_server_group_deleted, command.id, {{"name", group->name}});
    draft.remove<NameServerGroup>(command.id);
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const UpdateDnsSettings& command) {
    if (!command.disabled_management_groups)
        return invalid("disabled_management_groups field can't be absent; give the whole list");
    const auto& wanted = *command.disabled_management_groups;
    if (auto done = check_groups(c.account, wanted); !done) return tl::unexpected(done.error());
    const auto& present = c.account.dns_settings.disabled_management_groups;
    Draft draft(c);
    const auto events = [&](int activity, const std::vector<Id>& groups) {
        for (const auto& id : groups) {
            const auto* group = c.account.groups.find(id);  // nullptr: deleted since
            draft.event(activity, c.account.id, {{"group", group ? group->name : ""}, {"group_id", id}});
        }
    };
    events(activity::dns_management_disabled_for_group, difference(wanted, present));
    events(activity::dns_management_enabled_for_group, difference(present, wanted));
    draft.set(DnsSettings{difference(wanted, {})});
    return std::move(draft).take(true);
}

}  // namespace rookery::management
