// Users (rest-api §6.2).
#pragma once

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

Json user_json(const management::User& user, const management::UserId& caller);
// {"is_restricted", "modules": {…}}.
Json permissions_json(const management::AccountState& account, const management::User& user);

void get_current_user(const Call& call);  // GET /users/current
void list_users(const Call& call);        // GET /users?service_user=
void create_user(const Call& call);       // POST /users
void update_user(const Call& call);       // PUT /users/{}
void delete_user(const Call& call);       // DELETE /users/{}
void approve_user(const Call& call);      // POST /users/{}/approve
void reject_user(const Call& call);       // DELETE /users/{}/reject
void invite_user(const Call& call);       // POST /users/{}/invite

}  // namespace rookery::adapters::rest
