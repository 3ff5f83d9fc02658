#include "actors/management/audit.hpp"
#include "actors/management/draft.hpp"

namespace rookery::management {

using core::ErrorKind;
using core::fail;

namespace {

EventMeta event_meta(const AccessToken& token, const User& user) {
    return {{"name", token.name}, {"is_service_user", user.service_user ? "true" : "false"}, {"user_name", user.name}};
}

tl::unexpected<core::Error> unknown_user(const UserId& id) {
    return fail(ErrorKind::not_found, "user: " + id + " not found");
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreateAccessToken& command) {
    const auto* user = c.account.users.find(command.user);
    if (!user) return unknown_user(command.user);
    if (command.name.empty()) return fail(ErrorKind::invalid_argument, "token name can't be empty");
    if (command.expires_in_days < 1 || command.expires_in_days > 365)
        return fail(ErrorKind::invalid_argument, "expiration has to be between 1 and 365");
    if (c.account.tokens.find(command.id))
        return fail(ErrorKind::already_exists, "pat: " + command.id + " already exists");

    AccessToken token;
    token.id = command.id;
    token.user = command.user;
    token.name = command.name;
    token.hash = command.hash;
    token.created_by = c.initiator.user;
    token.created_at = c.now;
    token.expires_at = c.now + std::chrono::hours(24 * command.expires_in_days);

    Draft draft(c);
    draft.event(activity::access_token_created, user->id, event_meta(token, *user));
    draft.put(std::move(token));
    return std::move(draft).take(false);
}

Result<Decision> decide_on(const Case& c, const DeleteAccessToken& command) {
    const auto* user = c.account.users.find(command.user);
    if (!user) return unknown_user(command.user);
    const auto* token = c.account.tokens.find(command.id);
    if (!token || token->user != command.user) return fail(ErrorKind::not_found, "pat: " + command.id + " not found");
    Draft draft(c);
    draft.event(activity::access_token_deleted, user->id, event_meta(*token, *user));
    draft.remove<AccessToken>(command.id);
    return std::move(draft).take(false);
}

}  // namespace rookery::management
