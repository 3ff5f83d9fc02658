// Checks that several commands share, with the texts of rest-api §6.
#pragma once

#include <string_view>

#include "actors/core/reply.hpp"
#include "actors/management/commands.hpp"

namespace rookery::management {

using core::Done;

// "group id should not be empty string", "group id x not found".
Result<Done> check_groups(const AccountState& account, const std::vector<Id>& groups);
// As above, and "the list of group ids should not be empty".
Result<Done> check_some_groups(const AccountState& account, const std::vector<Id>& groups);

// In `a` and not in `b`, each once, in the order of `a`.
std::vector<Id> difference(const std::vector<Id>& a, const std::vector<Id>& b);

// Unicode characters; bytes where it is not UTF-8.
std::size_t length(std::string_view text);

// Lower case and punycode per label; nothing if it is no domain name. A wildcard is "*." before the name.
std::optional<std::string> ascii_domain(std::string_view text);
bool is_wildcard(std::string_view domain);

std::string joined(const std::vector<std::string>& items, std::string_view separator);
// "[a b]", as lists are written in audit events.
std::string event_list(const std::vector<std::string>& items);

}  // namespace rookery::management
