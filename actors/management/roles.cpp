#include "actors/management/roles.hpp"

#include <utility>

namespace rookery::management {
namespace {

constexpr std::pair<Role, const char*> names[] = {
    {Role::owner, "owner"},     {Role::admin, "admin"}, {Role::network_admin, "network_admin"},
    {Role::auditor, "auditor"}, {Role::user, "user"},   {Role::billing_admin, "billing_admin"}};

}  // namespace

const char* to_string(Role role) {
    for (const auto& [value, name] : names)
        if (value == role) return name;
    return "unknown";
}

std::optional<Role> parse_role(std::string_view name) {
    for (const auto& [value, text] : names)
        if (text == name) return value;
    return std::nullopt;
}

}  // namespace rookery::management
