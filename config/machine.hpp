// What the loaders ask the machine itself, apart from the rules that use the answers.
#pragma once

#include <optional>
#include <string>

namespace rookery::config {

// The first IPv4 address of a running interface that is neither loopback nor link-local.
std::optional<std::string> first_ipv4();

bool running_as_root();

}  // namespace rookery::config
