// What the loaders ask the machine itself, apart from the rules that use the answers.
#pragma once

#include <optional>
#include <string>

namespace rookery::config {

// The first address of a running interface that is neither loopback nor link-local; IPv6 only where there is no IPv4.
std::optional<std::string> first_address();

bool running_as_root();
unsigned user_id();

}  // namespace rookery::config
