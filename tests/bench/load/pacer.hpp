// Due times of an open loop: a fixed rate, whatever the server does.
#pragma once

#include <time.h>

#include <cstdint>
#include <optional>

#include "tests/bench/load/clock.hpp"

namespace rookery::bench {

class Pacer {
public:
    // `batch` units are due together.
    explicit Pacer(double per_second, std::uint64_t batch = 1) : per_second_(per_second), batch_(batch) {}

    // The next due time that has come, in ns.
    std::optional<std::uint64_t> next() {
        const auto due = begin_ + static_cast<std::uint64_t>(static_cast<double>(taken_) / per_second_ * 1e9);
        if (due > now_ns()) return std::nullopt;
        taken_ += batch_;
        return due;
    }

    // Until about the next due time. epoll waits whole milliseconds, so short waits are slept.
    template <class Poll>
    void wait(Poll poll) const {
        const auto due = begin_ + static_cast<std::uint64_t>(static_cast<double>(taken_) / per_second_ * 1e9);
        const auto now = now_ns();
        const auto gap = due > now ? due - now : 0;
        poll(gap > 1'100'000 ? 1 : 0);
        if (gap <= 1'100'000 && gap > 50'000) {
            const timespec pause{0, 40'000};
            nanosleep(&pause, nullptr);
        }
    }

private:
    const double per_second_;
    const std::uint64_t batch_;
    const std::uint64_t begin_ = now_ns();
    std::uint64_t taken_ = 0;
};

}  // namespace rookery::bench
