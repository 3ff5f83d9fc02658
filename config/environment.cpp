#include "config/environment.hpp"

#include <unistd.h>

#include <limits>

#include <fmt/format.h>

#include "config/control_places.hpp"
#include "config/drain.hpp"
#include "config/duration.hpp"
#include "config/text.hpp"

namespace rookery::config {

Environment process_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return Environment(std::move(variables));
}

std::optional<std::string> env_text(const Environment& environment, const std::string& name) {
    auto value = environment(name);
    if (value && value->empty()) return std::nullopt;
    return value;
}

std::optional<std::string> env_text(const Environment& environment, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        if (auto value = env_text(environment, name)) return value;
    }
    return std::nullopt;
}

std::string ignored_variable(const std::string& name, const std::string& why) {
    return fmt::format("environment variable {} ignored: {}", name, why);
}

void env_integer(const Environment& environment, const std::string& name, int& value, Accept accept,
                 std::vector<std::string>& warnings) {
    const auto text = env_text(environment, name);
    if (!text) return;
    const auto number = parse_integer(*text);
    const bool fits =
        number && *number >= std::numeric_limits<int>::min() && *number <= std::numeric_limits<int>::max();
    if (!fits || !accept(*number)) {
        warnings.push_back(ignored_variable(name, fmt::format("\"{}\" is not a usable number", *text)));
        return;
    }
    value = static_cast<int>(*number);
}

void env_bool(const Environment& environment, const std::string& name, bool& value,
              std::vector<std::string>& warnings) {
    const auto text = env_text(environment, name);
    if (!text) return;
    if (const auto parsed = parse_bool(*text)) {
        value = *parsed;
    } else {
        warnings.push_back(ignored_variable(name, fmt::format("\"{}\" is neither true nor false", *text)));
    }
}

void env_duration(const Environment& environment, const std::string& name, std::chrono::milliseconds& value,
                  std::vector<std::string>& warnings) {
    const auto text = env_text(environment, name);
    if (!text) return;
    if (const auto parsed = parse_positive_duration(*text)) {
        value = *parsed;
    } else {
        warnings.push_back(ignored_variable(name, parsed.error()));
    }
}

Done set_log_levels(const LogLevelWish& file, const Environment& environment, const std::optional<std::string>& flag,
                    Config& config) {
    auto wish = file;
    if (const auto text = env_text(environment, "ROOKERY_LOG_LEVELS")) {
        if (const auto parsed = parse_log_levels(*text)) {
            wish = merge(std::move(wish), *parsed);
        } else {
            config.warnings.push_back(ignored_variable("ROOKERY_LOG_LEVELS", parsed.error()));
        }
    }
    if (flag) {
        const auto parsed = parse_log_levels(*flag);
        if (!parsed) return wrong(parsed.error());
        wish = merge(std::move(wish), *parsed);
    }
    config.logging.levels.apply(wish);
    return {};
}

void read_common_environment(const Environment& environment, Config& config) {
    if (const auto format = env_text(environment, "NB_LOG_FORMAT")) {
        if (*format == "json") {
            config.logging.format = LogFormat::json;
        } else if (*format != "text") {
            config.warnings.push_back(
                ignored_variable("NB_LOG_FORMAT", fmt::format("\"{}\" is neither json nor text", *format)));
        }
    }
    auto& megabytes = config.logging.max_megabytes;
    env_integer(
        environment, "NB_LOG_MAX_SIZE_MB", megabytes, [](long long value) { return value > 0; }, config.warnings);
    bool never_rotate = false;
    env_bool(environment, "NB_LOG_DISABLE_ROTATION", never_rotate, config.warnings);
    if (never_rotate) megabytes = 0;
    for (const char* name : {"NB_LICENSE_KEY", "NETBIRD_LICENSE_SERVER_BASE_URL"}) {
        if (env_text(environment, name)) {
            config.notes.push_back(fmt::format("{} is set and ignored: Rookery needs no licence", name));
        }
    }
    settle_drain(environment, config);
    settle_control_sockets(environment, config);
}

}  // namespace rookery::config
