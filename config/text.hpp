// Small readers of text shared by the file, the flags and the environment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::config {

std::string trim(std::string_view text);
std::string lower(std::string_view text);

// "a, b,,c" -> a b c: trimmed, empty parts dropped.
std::vector<std::string> split_list(std::string_view text);

// scheme://user:password@host -> scheme://***@host, in a list too. Up to the last @ of an entry: a password may hold a
// slash.
std::string without_user(std::string text);

std::optional<long long> parse_integer(std::string_view text);
std::optional<bool> parse_bool(std::string_view text);  // the spellings of Go's flags: 1 t T true TRUE True …

}  // namespace rookery::config
