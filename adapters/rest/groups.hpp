// Groups (rest-api §6.6).
#pragma once

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

Json group_minimum_json(const management::Group& group);
Json group_json(const management::AccountState& account, const management::Group& group);

void list_groups(const Call& call);  // GET /groups?name=

}  // namespace rookery::adapters::rest
