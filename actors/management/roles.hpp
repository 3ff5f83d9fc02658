// Names of users' roles.
#pragma once

#include <optional>
#include <string_view>

#include "actors/management/model/user.hpp"

namespace rookery::management {

const char* to_string(Role role);
std::optional<Role> parse_role(std::string_view name);

}  // namespace rookery::management
