// The account and its settings (rest-api §6.1).
#pragma once

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

void list_accounts(const Call& call);   // GET /accounts
void update_account(const Call& call);  // PUT /accounts/{}

}  // namespace rookery::adapters::rest
