// Monotonic time, in nanoseconds.
#pragma once

#include <time.h>

#include <cstdint>

namespace rookery::bench {

inline std::uint64_t now_ns() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(t.tv_nsec);
}

inline double seconds_since(std::uint64_t begin_ns) {
    return static_cast<double>(now_ns() - begin_ns) / 1e9;
}

}  // namespace rookery::bench
