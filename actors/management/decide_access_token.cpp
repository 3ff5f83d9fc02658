#include "actors/management/audit.hpp"
#include "actors/management/decisions.hpp"

namespace rookery::management {

using core::ErrorKind;
using core::fail;

Result<Decision> decide_on(const Case& c, const CreateAccessToken& command) {
    const auto* user = c.account.users.find(command.user);
    if (!user) return fail(ErrorKind::not_found, "user: " + command.user + " not found");
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

    Decision decision;
    decision.events.push_back({activity::access_token_created,
                               c.initiator.user,
                               user->id,
                               {{"name", token.name},
                                {"is_service_user", user->service_user ? "true" : "false"},
                                {"user_name", user->name}}});
    decision.changes.push_back(put(std::move(token)));
    return decision;
}

}  // namespace rookery::management
