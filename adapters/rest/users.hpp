// Users (rest-api §6.2).
#pragma once

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

Json user_json(const management::User& user, const management::UserId& caller);
// {"is_restricted", "modules": {…}}.
Json permissions_json(const management::AccountState& account, const management::User& user);

void get_current_user(const Call& call);  // GET /users/current

}  // namespace rookery::adapters::rest
