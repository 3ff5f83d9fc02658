// Reading environment variables. An empty variable counts as unset (Compose files pass NAME= for "not given"); a
// value that does not fit is noted and ignored, as the reference does (signal-relay-stun §1.10, §2.19).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/load.hpp"

namespace rookery::config {

std::optional<std::string> env_text(const Environment& environment, const std::string& name);
// The first that is set: a new name before its legacy name.
std::optional<std::string> env_text(const Environment& environment, const std::vector<std::string>& names);

using Accept = bool (*)(long long value);
void env_integer(const Environment& environment, const std::string& name, int& value, Accept accept,
                 std::vector<std::string>& warnings);
void env_bool(const Environment& environment, const std::string& name, bool& value, std::vector<std::string>& warnings);
void env_duration(const Environment& environment, const std::string& name, std::chrono::milliseconds& value,
                  std::vector<std::string>& warnings);

std::string ignored_variable(const std::string& name, const std::string& why);

// The levels of the log: `file` < ROOKERY_LOG_LEVELS < `flag`, point by point.
Done set_log_levels(const LogLevelWish& file, const Environment& environment, const std::optional<std::string>& flag,
                    Config& config);

// What every command reads when all else is known: NB_LOG_FORMAT, rotation of the log, the licence variables, the times
// of a drain, and the control socket.
void read_common_environment(const Environment& environment, Config& config);

}  // namespace rookery::config
