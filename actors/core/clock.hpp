// Time as the pure cores see it: always an argument, never read from a clock of their own.
#pragma once

#include <chrono>

namespace rookery::core {

// Wall-clock time, UTC, nanoseconds. The epoch itself means "never" in stored records.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
// Time for time-outs and intervals; never compared across nodes.
using SteadyTime = std::chrono::steady_clock::time_point;

inline constexpr WallTime never{};

inline WallTime wall_now() {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

}  // namespace rookery::core
