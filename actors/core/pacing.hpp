// When the sessions of a node that goes away are ended, so that their clients do not all come back at once
// (config-ops §11.3): evenly over a time, each at a random moment of its own share of it. Pure: the owner brings
// time and chance.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>

namespace rookery::core {

class Pacing {
public:
    // Uniform in [0, 1).
    using Chance = std::function<double()>;

    // Takes at most `limit`, and no longer than `step` per session: few clients make no wave.
    Pacing(std::size_t count, std::chrono::milliseconds limit, std::chrono::milliseconds step, Chance chance)
        : count_(count),
          share_(count == 0 ? Duration(0) : std::min<Duration>(step, Duration(limit) / static_cast<long>(count))),
          chance_(std::move(chance)) {
        draw();
    }

    // The longest that all of it takes.
    std::chrono::nanoseconds span() const { return share_ * static_cast<long>(count_); }
    bool done() const { return ended_ == count_; }
    // How many more are to be ended at `elapsed` since the beginning; they count as ended from then on.
    std::size_t due(std::chrono::nanoseconds elapsed) {
        const auto before = ended_;
        while (!done() && next_ <= elapsed) {
            ++ended_;
            draw();
        }
        return ended_ - before;
    }
    // When the next one is due, since the beginning. Unless done().
    std::chrono::nanoseconds next() const { return next_; }

private:
    using Duration = std::chrono::nanoseconds;

    void draw() {
        if (done()) return;
        const auto within = static_cast<Duration::rep>(static_cast<double>(share_.count()) * chance_());
        next_ = share_ * static_cast<long>(ended_) + Duration(within);
    }

    const std::size_t count_;
    const Duration share_;
    const Chance chance_;
    std::size_t ended_ = 0;
    Duration next_{0};
};

}  // namespace rookery::core
