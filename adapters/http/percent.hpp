// Percent-encoding of request targets (RFC 3986 §2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rookery::adapters::http {

// nullopt for a broken escape ("%zz", "%4"). `plus_is_space`: the form encoding of queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

// A decoded path as it may stand in a Location header.
std::string percent_encode_path(std::string_view path);

}  // namespace rookery::adapters::http
