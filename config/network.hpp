// Address ranges an operator trusts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rookery::config {

// "10.0.0.0/8", "fd00::/8", or one address, which becomes /32 or /128. std::nullopt: neither.
std::optional<std::string> parse_network(std::string_view text);

}  // namespace rookery::config
