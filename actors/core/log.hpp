// Logging for every layer: one line per event worth waking for (config-ops §10). No logging library in here;
// the sink is installed by the runtime (adapters/logging). Never pass a secret: config::Secret prints as ***.
#pragma once

#include <atomic>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

namespace rookery::core::log {

enum class Level : int { trace, debug, info, warn, error, fatal, off };

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
};

// Process-wide. The sink must outlive every thread that logs; a null sink discards.
void install(Sink* sink, Level level);
void set_level(Level level);
bool enabled(Level level) noexcept;
void emit(const Line& line);

// A format string that remembers where it was written.
template <class... Args>
struct Format {
    fmt::format_string<Args...> text;
    std::source_location where;

    template <class S>
    consteval Format(const S& s, std::source_location at = std::source_location::current()) : text(s), where(at) {}
};

template <class... Args>
void write(Level level, const Fields* fields, const Format<std::type_identity_t<Args>...>& format, Args&&... args) {
    if (!enabled(level)) return;
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
