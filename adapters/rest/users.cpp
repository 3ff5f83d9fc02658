#include "adapters/rest/users.hpp"

#include "adapters/rest/permissions.hpp"

namespace rookery::adapters::rest {

Json user_json(const management::User& user, const management::UserId& caller) {
    return {{"id", user.id},
            {"email", user.email},
            {"name", user.name},
            {"role", role_name(user.role)},
            {"status", user.blocked ? "blocked" : "active"},
            {"last_login", timestamp(user.last_login)},
            {"auto_groups", user.auto_groups},
            {"is_current", user.id == caller},
            {"is_service_user", user.service_user},
            {"is_blocked", user.blocked},
            {"pending_approval", user.pending_approval},
            {"issued", user.issued}};
}

Json permissions_json(const management::AccountState& account, const management::User& user) {
    Json modules = Json::object();
    for (const auto& [module, rights] : role_rights(user.role))
        modules[module] = {
            {"create", rights.create}, {"read", rights.read}, {"update", rights.update}, {"delete", rights.remove}};
    const bool regular = user.role == management::Role::user || user.role == management::Role::billing_admin;
    return {{"is_restricted", regular && account.settings.regular_users_view_blocked}, {"modules", std::move(modules)}};
}

void get_current_user(const Call& call) {
    const auto* user = call.account->users.find(call.caller.user);
    if (!user) return call.answer.error({core::ErrorKind::not_found, "user: " + call.caller.user + " not found"});
    if (user->blocked || user->pending_approval)
        return call.answer.error({core::ErrorKind::permission_denied, "user is blocked"});
    if (user->service_user) return call.answer.error({core::ErrorKind::permission_denied, "permission denied"});
    auto json = user_json(*user, call.caller.user);
    json["permissions"] = permissions_json(*call.account, *user);
    call.answer.json(json);
}

}  // namespace rookery::adapters::rest
