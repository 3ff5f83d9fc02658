#include "config/log_level.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "config/nearest.hpp"
#include "config/text.hpp"

namespace rookery::config {
namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warn", "error", "fatal"};

Parsed<LogComponent> parse_component(std::string_view text) {
    const auto found = std::find(log_component_names.begin(), log_component_names.end(), lower(text));
    if (found != log_component_names.end())
        return static_cast<LogComponent>(std::distance(log_component_names.begin(), found));
    const auto meant = nearest(text, {log_component_names.begin(), log_component_names.end()});
    return wrong(fmt::format("not a component of the log: \"{}\"{} (there are {})", text,
                             meant ? fmt::format(", did you mean {}?", *meant) : "",
                             fmt::join(log_component_names, ", ")));
}

}  // namespace

std::string_view to_string(LogLevel level) {
    return level == LogLevel::off ? "off" : level_names[static_cast<std::size_t>(level)];
}

Parsed<LogLevel> parse_log_level(std::string_view text) {
    auto name = lower(text);
    if (name == "warning") name = "warn";
    if (name == "panic") name = "fatal";
    const auto found = std::find(level_names.begin(), level_names.end(), name);
    if (found != level_names.end()) return static_cast<LogLevel>(std::distance(level_names.begin(), found));
    return wrong(
        fmt::format("not a valid log level: \"{}\" (use panic, fatal, error, warn, info, debug or trace)", text));
}

Parsed<LogLevelWish> parse_log_levels(std::string_view text) {
    LogLevelWish wish;
    for (const auto& entry : split_list(text)) {
        const auto equals = entry.find('=');
        const auto level = parse_log_level(equals == std::string::npos ? entry : entry.substr(equals + 1));
        if (!level) return wrong(level.error());
        if (equals == std::string::npos) {
            if (wish.all) return wrong(fmt::format("two log levels for all components in \"{}\"", text));
            wish.all = *level;
            continue;
        }
        const auto component = parse_component(entry.substr(0, equals));
        if (!component) return wrong(component.error());
        if (!wish.some.emplace(*component, *level).second)
            return wrong(fmt::format("two log levels for {} in \"{}\"", entry.substr(0, equals), text));
    }
    return wish;
}

void LogLevels::apply(const LogLevelWish& wish) {
    if (wish.all) of.fill(*wish.all);
    for (const auto& [component, level] : wish.some) of[static_cast<std::size_t>(component)] = level;
}

LogLevelWish merge(LogLevelWish weaker, const LogLevelWish& stronger) {
    if (stronger.all) weaker.all = stronger.all;
    for (const auto& [component, level] : stronger.some) weaker.some[component] = level;
    return weaker;
}

}  // namespace rookery::config
