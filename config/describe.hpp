// What a node was told, as lines for the begin of its log (config-ops §10, §11.1). No secret is in them, not even the
// beginning of one.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.hpp"

namespace rookery::config {

// "=== Configuration ===" to "=== End Configuration ===", with a section for each role that is carried.
std::vector<std::string> describe(const Config& config);

// "=== Environment Variables ===" and the variables that a server of this kind reads, sorted, as NAME=value; values of
// variables whose name tells of a secret are ***, and so is a password within an address. `environment`: NAME=value.
std::vector<std::string> describe_environment(const std::vector<std::string>& environment);

}  // namespace rookery::config
