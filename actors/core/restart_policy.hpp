// What a supervisor does about a child that ended: whether it is started again, who else is, after which wait, and
// when there were too many. Pure: time and jitter come as arguments. One object per supervisor.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "config/config.hpp"

namespace rookery::core {

// Who is stopped and started again when a child crashes. Children are numbered in start order.
enum class Strategy {
    one_for_one,   // the child alone
    one_for_all,   // all: none is of use without the others
    rest_for_one,  // the child and those that were started after it: they were built on it
};
const char* to_string(Strategy strategy);

// After which end a child is started again.
enum class Restart {
    permanent,  // any: it is never done
    transient,  // a crash; an end without an error means that it is done
    temporary,  // none, not even together with its siblings
};

// Children [first, last).
struct ChildRange {
    std::size_t first = 0;
    std::size_t last = 0;
};
ChildRange affected(Strategy strategy, std::size_t ended, std::size_t children);

bool starts_again(Restart restart, bool crashed);

class RestartPolicy {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit RestartPolicy(const config::Supervision& parameters) : parameters_(parameters) {}

    // One more restart is called for. False: that is more than `max_restarts` within `period`, the supervisor fails.
    bool allow(Time now);
    std::size_t recent() const { return calls_.size(); }  // calls within the period before the last one

    // The wait before a child's restart. `ends`: how often it ended without a calm period between (1: the first).
    // `jitter`: uniform in [0, 1).
    std::chrono::nanoseconds wait(std::uint32_t ends, double jitter) const;

    // How often in a row a child has ended now: a life longer than the period starts anew.
    std::uint32_t in_a_row(std::uint32_t before, std::chrono::nanoseconds lived) const;

private:
    const config::Supervision parameters_;
    std::deque<Time> calls_;
};

}  // namespace rookery::core
