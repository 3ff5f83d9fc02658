#include "actors/core/restart_policy.hpp"

#include <algorithm>

namespace rookery::core {

const char* to_string(Strategy strategy) {
    switch (strategy) {
        case Strategy::one_for_one: return "one_for_one";
        case Strategy::one_for_all: return "one_for_all";
        case Strategy::rest_for_one: break;
    }
    return "rest_for_one";
}

ChildRange affected(Strategy strategy, std::size_t ended, std::size_t children) {
    switch (strategy) {
        case Strategy::one_for_one: return {ended, ended + 1};
        case Strategy::one_for_all: return {0, children};
        case Strategy::rest_for_one: break;
    }
    return {ended, children};
}

bool starts_again(Restart restart, bool crashed) {
    return restart == Restart::permanent || (restart == Restart::transient && crashed);
}

bool RestartPolicy::allow(Time now) {
    calls_.push_back(now);
    while (now - calls_.front() > parameters_.period) calls_.pop_front();
    return calls_.size() <= static_cast<std::size_t>(parameters_.max_restarts);
}

std::chrono::nanoseconds RestartPolicy::wait(std::uint32_t ends, double jitter) const {
    const auto doublings = std::min<std::uint32_t>(ends - 1, 20);
    const auto base = std::min(parameters_.backoff_first * (1 << doublings), parameters_.backoff_max);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(base * (0.8 + 0.4 * jitter));
}

std::uint32_t RestartPolicy::in_a_row(std::uint32_t before, std::chrono::nanoseconds lived) const {
    return lived > parameters_.period ? 1 : before + 1;
}

}  // namespace rookery::core
