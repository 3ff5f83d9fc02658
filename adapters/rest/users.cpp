#include "adapters/rest/users.hpp"

#include "actors/management/secrets.hpp"
#include "adapters/rest/resource.hpp"

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

namespace {

using management::Committed;

// rest-api §6.2: as the reference parses a boolean.
std::optional<bool> parse_flag(std::string_view text) {
    for (const auto* yes : {"1", "t", "T", "TRUE", "true", "True"})
        if (text == yes) return true;
    for (const auto* no : {"0", "f", "F", "FALSE", "false", "False"})
        if (text == no) return false;
    return std::nullopt;
}

core::Error no_such_user(const std::string& id) {
    return not_found("user", id);
}

// Executes, then answers with the user as the command left him.
void answer_user(const Call& call, management::Command command, const management::UserId& id,
                 const config::Secret& password = {}) {
    call.execute(std::move(command), [call, id, password](const Committed& committed) {
        const auto user = changed(committed, id, committed.state->users);
        if (!user) return call.answer.error(no_such_user(id));
        auto json = user_json(*user, call.caller.user);
        put_unless_empty(json, "password", password.reveal());
        call.answer.json(json);
    });
}

void answer_done(const Call& call, management::Command command) {
    call.execute(std::move(command), [call](const Committed&) { call.answer.json(Json::object()); });
}

}  // namespace

void list_users(const Call& call) {
    const auto filter = call.request->query_value("service_user").value_or("");
    const auto service_users = parse_flag(filter);
    if (!filter.empty() && !service_users)
        return call.answer.error({core::ErrorKind::invalid_argument, "invalid service_user query parameter"});
    const auto all = evaluate(*call.account, call.caller.user, "users", Operation::read);
    if (!all) return call.answer.error(cannot_evaluate(all.error()));
    Json list = Json::array();
    for (const auto& [id, user] : call.account->users) {
        const bool hidden = user->non_deletable || (!*all && id != call.caller.user);
        if (hidden || (service_users && user->service_user != *service_users)) continue;
        list.push_back(user_json(*user, call.caller.user));
    }
    call.answer.json(list);
}

void create_user(const Call& call) {
    Body body(call.request->body);
    management::CreateUser command;
    command.email = body.text("email");
    command.name = body.text("name");
    command.role = body.text("role");
    command.auto_groups = body.texts("auto_groups");
    command.service_user = body.flag("is_service_user");
    if (!body.ok()) return call.answer(unreadable_body());
    if (!call.permitted()) return;

    const auto& crypto = call.context->crypto;
    command.id = command.service_user ? management::new_uuid(crypto) : call.new_id();
    const auto id = command.id;
    config::Secret password;
    if (!command.service_user) {
        password = management::new_password(crypto);
        command.password_hash = management::hash_new_password(password.reveal(), crypto);
    }
    answer_user(call, std::move(command), id, password);
}

void update_user(const Call& call) {
    const auto& id = call.path_value();
    if (!call.account->users.find(id)) return call.answer.error(no_such_user(id));  // first, for everyone
    Body body(call.request->body);
    management::UpdateUser command;
    command.id = id;
    command.role = body.text("role");
    command.auto_groups = body.optional_texts("auto_groups");
    command.blocked = body.flag("is_blocked");
    if (!body.ok()) return call.answer(unreadable_body());
    if (call.permitted()) answer_user(call, std::move(command), id);
}

void delete_user(const Call& call) {
    if (call.permitted()) answer_done(call, management::DeleteUser{call.path_value()});
}

void approve_user(const Call& call) {
    if (call.permitted()) answer_user(call, management::ApproveUser{call.path_value()}, call.path_value());
}

void reject_user(const Call& call) {
    if (call.permitted()) answer_done(call, management::RejectUser{call.path_value()});
}

// Local users are not invited by mail, so nobody waits for an invitation.
void invite_user(const Call& call) {
    if (!call.permitted()) return;
    const auto& id = call.path_value();
    if (!call.account->users.find(id)) return call.answer.error(no_such_user(id));
    call.answer.error({core::ErrorKind::not_found, "user account " + id + " doesn't exist"});
}

}  // namespace rookery::adapters::rest
