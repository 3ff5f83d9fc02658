// Who may do what (rest-api §5). Pure, on a snapshot of the account.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "actors/core/error.hpp"
#include "actors/core/reply.hpp"
#include "actors/management/commands.hpp"

namespace rookery::adapters::rest {

enum class Operation { create, read, update, remove };

struct Rights {
    bool create = false, read = false, update = false, remove = false;

    bool allows(Operation operation) const;
    friend bool operator==(const Rights&, const Rights&) = default;
};

std::string_view role_name(management::Role role);

// The role's row of §5.2, by module name ("peers", "agent_network.usage", …). Empty for a role without an entry
// (billing_admin).
const std::map<std::string, Rights, std::less<>>& role_rights(management::Role role);

// §5.1 steps 1–7: whether `user` may; the error is why that cannot be told (blocked, unknown role …), with the
// texts of steps 2–7 as they stand.
core::Result<bool> evaluate(const management::AccountState& account, const management::UserId& user,
                            std::string_view module, Operation operation);

// How nearly every handler answers an error of evaluate(): 403 "failed to validate user permissions: …".
core::Error cannot_evaluate(const core::Error& error);

// 403 "permission denied" if the answer is no, cannot_evaluate() if there is none.
core::Result<core::Done> require(const management::AccountState& account, const management::UserId& user,
                                 std::string_view module, Operation operation);
// As the reading of groups answers: errors of evaluate() with their own status and without prefix.
core::Result<core::Done> require_unprefixed(const management::AccountState& account, const management::UserId& user,
                                            std::string_view module, Operation operation);

}  // namespace rookery::adapters::rest
