// Logging for every layer: one line per event worth waking for (config-ops §10). No logging library in here;
// the sink is installed by the runtime (adapters/logging). Never pass a secret: config::Secret prints as ***.
//
// A line belongs to the component of the folder its source is in, found by the compiler; every component has a level
// of its own, which may change at any time. A line below it costs one relaxed load, and its arguments' evaluation.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "actors/core/cell.hpp"
#include "config/log_level.hpp"

namespace rookery::core::log {

using Level = config::LogLevel;
using Component = config::LogComponent;
using Levels = config::LogLevels;

// "…/actors/relay/link_actor.cpp" -> relay. A folder without an entry of its own is `node`.
constexpr Component component_of(std::string_view file) {
    constexpr std::pair<std::string_view, Component> folders[] = {
        {"actors/core", Component::core},      {"actors/signal", Component::signal},
        {"actors/relay", Component::relay},    {"adapters/relay", Component::relay},
        {"actors/stun", Component::stun},      {"adapters/stun", Component::stun},
        {"actors/pool", Component::pool},      {"adapters/nats", Component::pool},
        {"adapters/links", Component::pool},   {"actors/management", Component::management},
        {"adapters/sqlite", Component::store}, {"adapters/records", Component::store},
        {"adapters/grpc", Component::grpc},    {"adapters/http", Component::http},
        {"adapters/rest", Component::http},    {"adapters/wsproxy", Component::http},
        {"adapters/front", Component::edge},   {"adapters/tls", Component::edge},
        {"adapters/io", Component::edge},      {"adapters/control", Component::control},
    };
    const auto slash = file.rfind('/');
    const auto folder = file.substr(0, slash == std::string_view::npos ? 0 : slash);
    for (const auto& [ending, component] : folders)
        if (folder.ends_with(ending)) return component;
    return Component::node;
}

using Fields = std::vector<std::pair<std::string, std::string>>;  // e.g. {{"accountID", "…"}, {"peerID", "…"}}

struct Line {
    Level level;
    std::source_location where;
    const Fields* fields;  // may be null
    std::string_view text;
};

class Sink {
public:
    virtual ~Sink() = default;
    virtual void write(const Line& line) = 0;  // thread-safe
    // Lines that could not be written since the start, e.g. because the disk is full.
    virtual std::uint64_t lost() const { return 0; }
};

// Process-wide. The sink must outlive every thread that logs; a null sink discards.
void install(Sink* sink, const Levels& levels);
void set_levels(const Levels& levels);
Levels levels();
void emit(const Line& line);

// How many lines of a level were written since the start, and how many the sink lost.
std::uint64_t written(Level level);
std::uint64_t lost();

namespace detail {
extern std::array<Cell<Level>, config::log_component_names.size()> levels;
}

inline bool enabled(Component component, Level level) noexcept {
    return level >= detail::levels[static_cast<std::size_t>(component)].get();
}

// A format string that remembers where it was written.
template <class... Args>
struct Format {
    fmt::format_string<Args...> text;
    std::source_location where;
    Component component;

    template <class S>
    consteval Format(const S& s, std::source_location at = std::source_location::current())
        : text(s), where(at), component(component_of(at.file_name())) {}
};

template <class... Args>
void write(Level level, const Fields* fields, const Format<std::type_identity_t<Args>...>& format, Args&&... args) {
    if (!enabled(format.component, level)) return;
    const auto text = fmt::format(format.text, std::forward<Args>(args)...);
    emit(Line{level, format.where, fields, text});
}

template <class... Args>
void trace(Format<std::type_identity_t<Args>...> f, Args&&... args) {
    write(Level::trace, nullptr, f, std::forward<Args>(args)...);
}
template <class... Args>
void debug(Format<std::type_identity_t<Args>...> f, Args&&... args) {
    write(Level::debug, nullptr, f, std::forward<Args>(args)...);
}
template <class... Args>
void info(Format<std::type_identity_t<Args>...> f, Args&&... args) {
    write(Level::info, nullptr, f, std::forward<Args>(args)...);
}
template <class... Args>
void warn(Format<std::type_identity_t<Args>...> f, Args&&... args) {
    write(Level::warn, nullptr, f, std::forward<Args>(args)...);
}
template <class... Args>
void error(Format<std::type_identity_t<Args>...> f, Args&&... args) {
    write(Level::error, nullptr, f, std::forward<Args>(args)...);
}

}  // namespace rookery::core::log
