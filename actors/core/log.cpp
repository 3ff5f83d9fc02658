#include "actors/core/log.hpp"

namespace rookery::core::log {
namespace {

std::atomic<Sink*> g_sink{nullptr};
std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Level::off)> g_written{};

template <std::size_t... I>
constexpr std::array<Cell<Level>, sizeof...(I)> all_off(std::index_sequence<I...>) {
    return {((void)I, Cell<Level>(Level::off))...};
}

}  // namespace

constinit std::array<Cell<Level>, config::log_component_names.size()> detail::levels =
    all_off(std::make_index_sequence<config::log_component_names.size()>());

void install(Sink* sink, const Levels& levels) {
    g_sink.store(sink, std::memory_order_release);
    set_levels(levels);
}

void set_levels(const Levels& levels) {
    for (std::size_t i = 0; i < levels.of.size(); ++i) detail::levels[i].set(levels.of[i]);
}

Levels levels() {
    Levels out;
    for (std::size_t i = 0; i < out.of.size(); ++i) out.of[i] = detail::levels[i].get();
    return out;
}

void emit(const Line& line) {
    auto* sink = g_sink.load(std::memory_order_acquire);
    if (!sink) return;
    sink->write(line);
    g_written[static_cast<std::size_t>(line.level)].fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t written(Level level) {
    return g_written[static_cast<std::size_t>(level)].load(std::memory_order_relaxed);
}

std::uint64_t lost() {
    const auto* sink = g_sink.load(std::memory_order_acquire);
    return sink ? sink->lost() : 0;
}

}  // namespace rookery::core::log
