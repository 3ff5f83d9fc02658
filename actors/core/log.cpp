#include "actors/core/log.hpp"

namespace rookery::core::log {
namespace {
std::atomic<Sink*> g_sink{nullptr};
std::atomic<Level> g_level{Level::off};
}  // namespace

void install(Sink* sink, Level level) {
    g_sink.store(sink, std::memory_order_release);
    g_level.store(level, std::memory_order_relaxed);
}

void set_level(Level level) {
    g_level.store(level, std::memory_order_relaxed);
}

bool enabled(Level level) noexcept {
    return level >= g_level.load(std::memory_order_relaxed);
}

void emit(const Line& line) {
    if (auto* sink = g_sink.load(std::memory_order_acquire)) sink->write(line);
}

}  // namespace rookery::core::log
