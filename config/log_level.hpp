// Levels of the log, for every component of the node on its own: "info,relay=debug".
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/outcome.hpp"

namespace rookery::config {

enum class LogLevel : int { trace, debug, info, warn, error, fatal, off };  // off: of a node that does not run

// What a line belongs to, by the folder of the source that writes it (core::log::component_of).
enum class LogComponent : unsigned char {
    core,        // supervision
    node,        // start and stop, configuration, everything without a component of its own
    signal,      //
    relay,       //
    stun,        //
    pool,        // the other nodes: directory, and the way to them
    management,  // accounts, agents' calls
    store,       // the database
    grpc,        //
    http,        // HTTP, REST and WebSocket
    edge,        // listeners: who connects and is sent away
    control,     // the local operator's socket
};
inline constexpr std::array<std::string_view, 12> log_component_names{
    "core", "node", "signal", "relay", "stun", "pool", "management", "store", "grpc", "http", "edge", "control"};

std::string_view to_string(LogLevel level);

// panic, fatal, error, warn (also "warning"), info, debug, trace, in any case; panic is read as fatal: the line that
// says why a node ends is never suppressed. The error names the text and the set.
Parsed<LogLevel> parse_log_level(std::string_view text);

// A wish: one level for all components, and others for some.
struct LogLevelWish {
    std::optional<LogLevel> all;
    std::map<LogComponent, LogLevel> some;

    friend bool operator==(const LogLevelWish&, const LogLevelWish&) = default;
};

// "debug", "relay=debug,store=warn", "info,relay=debug"; the order does not matter. Empty: no wish.
Parsed<LogLevelWish> parse_log_levels(std::string_view text);

// One level per component.
struct LogLevels {
    std::array<LogLevel, log_component_names.size()> of;

    LogLevels() { of.fill(LogLevel::info); }
    LogLevel operator[](LogComponent component) const { return of[static_cast<std::size_t>(component)]; }
    // The level for all first, then those of single components.
    void apply(const LogLevelWish& wish);

    friend bool operator==(const LogLevels&, const LogLevels&) = default;
};

// `stronger` wins in each of its points: what a flag says of one component leaves the file's other components alone.
LogLevelWish merge(LogLevelWish weaker, const LogLevelWish& stronger);

}  // namespace rookery::config
