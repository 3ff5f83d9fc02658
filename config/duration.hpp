// Durations as Go writes them, because that is what existing files and environments hold: 500ms, 90s, 1h30m, 1.5h, 0.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "config/outcome.hpp"

namespace rookery::config {

// The error names the text and says what a duration looks like; the caller puts the key before it.
Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text);

// As above, cut to whole milliseconds, and refused when that is not positive.
Parsed<std::chrono::milliseconds> parse_positive_duration(std::string_view text);

}  // namespace rookery::config
