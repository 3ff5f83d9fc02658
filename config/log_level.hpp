// Names of log levels.
#pragma once

#include <string>
#include <string_view>

#include "config/outcome.hpp"

namespace rookery::config {

// panic, fatal, error, warn (also "warning"), info, debug, trace, in any case. The error names the text and the set.
Parsed<std::string> parse_log_level(std::string_view text);

}  // namespace rookery::config
