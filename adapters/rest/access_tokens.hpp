// Personal access tokens (rest-api §6.3).
#pragma once

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

void list_tokens(const Call& call);   // GET /users/{}/tokens
void create_token(const Call& call);  // POST /users/{}/tokens
void get_token(const Call& call);     // GET /users/{}/tokens/{}
void delete_token(const Call& call);  // DELETE /users/{}/tokens/{}

}  // namespace rookery::adapters::rest
