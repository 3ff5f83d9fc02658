// Says when a line of the log is due that strangers can cause as often as they like: once a period, with how often it
// happened. Every occurrence has a counter and a debug line of its own. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "actors/core/clock.hpp"

namespace rookery::core {

class Seldom {
public:
    explicit Seldom(std::chrono::nanoseconds period = std::chrono::minutes(1)) : period_(period) {}

    // How often it has happened since the last line, this time included; nullopt: no line now.
    std::optional<std::uint64_t> happened(SteadyTime now) {
        happened_.fetch_add(1, std::memory_order_relaxed);
        const auto at = now.time_since_epoch().count();
        auto due = due_.load(std::memory_order_relaxed);
        if (at < due || !due_.compare_exchange_strong(due, at + period_.count(), std::memory_order_relaxed))
            return std::nullopt;
        return happened_.exchange(0, std::memory_order_relaxed);
    }

private:
    const std::chrono::nanoseconds period_;
    std::atomic<std::int64_t> due_{0};  // the steady clock's nanoseconds
    std::atomic<std::uint64_t> happened_{0};
};

}  // namespace rookery::core
