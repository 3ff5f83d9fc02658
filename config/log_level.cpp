#include "config/log_level.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/text.hpp"

namespace rookery::config {

Parsed<std::string> parse_log_level(std::string_view text) {
    constexpr std::array<std::string_view, 7> levels{"panic", "fatal", "error", "warn", "info", "debug", "trace"};
    auto level = lower(text);
    if (level == "warning") level = "warn";
    if (std::find(levels.begin(), levels.end(), level) != levels.end()) return level;
    return wrong(
        fmt::format("not a valid log level: \"{}\" (use panic, fatal, error, warn, info, debug or trace)", text));
}

}  // namespace rookery::config
