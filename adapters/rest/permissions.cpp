#include "adapters/rest/permissions.hpp"

#include <array>

namespace rookery::adapters::rest {

namespace {

using core::ErrorKind;
using management::Role;
using Row = std::map<std::string, Rights, std::less<>>;

constexpr Rights all{true, true, true, true};
constexpr Rights read_only{false, true, false, false};
constexpr Rights none{};

constexpr std::array modules{"accounts",
                             "settings",
                             "users",
                             "pats",
                             "peers",
                             "remote_jobs",
                             "groups",
                             "setup_keys",
                             "policies",
                             "networks",
                             "routes",
                             "nameservers",
                             "dns",
                             "events",
                             "identity_providers",
                             "services",
                             "agent_network",
                             "agent_network.providers",
                             "agent_network.policies",
                             "agent_network.guardrails",
                             "agent_network.budgets",
                             "agent_network.usage",
                             "agent_network.logs",
                             "agent_network.settings"};

Row every_module(Rights rights) {
    Row row;
    for (const auto* module : modules) row[module] = rights;
    return row;
}

Row network_admin() {
    Row row;
    for (const std::string_view module : modules) {
        const bool hidden = module == "remote_jobs" || module == "services" || module.starts_with("agent_network");
        row[std::string(module)] = hidden ? none : read_only;
    }
    for (const auto* module : {"pats", "groups", "policies", "networks", "routes", "nameservers", "dns"})
        row[module] = all;
    return row;
}

Row admin() {
    auto row = every_module(all);
    row["accounts"] = read_only;
    return row;
}

core::Result<core::Done> denied() {
    return core::fail(ErrorKind::permission_denied, "permission denied");
}

}  // namespace

bool Rights::allows(Operation operation) const {
    switch (operation) {
        case Operation::create: return create;
        case Operation::read: return read;
        case Operation::update: return update;
        case Operation::remove: return remove;
    }
    return false;
}

std::string_view role_name(Role role) {
    switch (role) {
        case Role::owner: return "owner";
        case Role::admin: return "admin";
        case Role::network_admin: return "network_admin";
        case Role::auditor: return "auditor";
        case Role::user: return "user";
        case Role::billing_admin: return "billing_admin";
    }
    return "";
}

const Row& role_rights(Role role) {
    static const Row owner_row = every_module(all);
    static const Row admin_row = admin();
    static const Row network_admin_row = network_admin();
    static const Row auditor_row = every_module(read_only);
    static const Row user_row = every_module(none);
    static const Row no_row;
    switch (role) {
        case Role::owner: return owner_row;
        case Role::admin: return admin_row;
        case Role::network_admin: return network_admin_row;
        case Role::auditor: return auditor_row;
        case Role::user: return user_row;
        case Role::billing_admin: return no_row;
    }
    return no_row;
}

core::Result<bool> evaluate(const management::AccountState& account, const management::UserId& user,
                            std::string_view module, Operation operation) {
    if (user == management::Initiator{}.user) return true;
    const auto* caller = account.users.find(user);
    if (!caller) return core::fail(ErrorKind::not_found, "user: " + user + " not found");
    if (caller->blocked)
        return core::fail(ErrorKind::permission_denied,
                          caller->pending_approval ? "user is pending approval" : "user is blocked");
    if (operation == Operation::read && caller->service_user) return true;

    const auto& row = role_rights(caller->role);
    if (row.empty())
        return core::fail(ErrorKind::not_found, "user role: " + std::string(role_name(caller->role)) + " not found");
    auto entry = row.find(module);
    if (entry == row.end()) entry = row.find(module.substr(0, module.find('.')));
    return entry != row.end() && entry->second.allows(operation);
}

core::Error cannot_evaluate(const core::Error& error) {
    return {ErrorKind::permission_denied, "failed to validate user permissions: " + error.message};
}

core::Result<core::Done> require(const management::AccountState& account, const management::UserId& user,
                                 std::string_view module, Operation operation) {
    const auto allowed = evaluate(account, user, module, operation);
    if (!allowed) return tl::unexpected(cannot_evaluate(allowed.error()));
    return *allowed ? core::Done{} : denied();
}

core::Result<core::Done> require_unprefixed(const management::AccountState& account, const management::UserId& user,
                                            std::string_view module, Operation operation) {
    const auto allowed = evaluate(account, user, module, operation);
    if (!allowed) return tl::unexpected(allowed.error());
    return *allowed ? core::Done{} : denied();
}

}  // namespace rookery::adapters::rest
