// A histogram that many threads record into without a lock or an allocation: Prometheus' buckets, sum and count.
// Node scope. A reader may see a sample in its bucket and not yet in the sum.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rookery::core {

template <std::size_t N>
class Histogram {
public:
    // Upper bounds, ascending, in the unit of the metric; they outlive the histogram (constants).
    explicit Histogram(const std::array<double, N>& upper_bounds) : bounds(upper_bounds) {}

    void record(double value) noexcept {
        std::size_t i = 0;
        while (i < N && value > bounds[i]) ++i;
        buckets[i].fetch_add(1, std::memory_order_relaxed);
        thousandths.fetch_add(static_cast<std::uint64_t>(value * 1000), std::memory_order_relaxed);
    }
    // For a histogram of milliseconds.
    void record_ms(std::chrono::nanoseconds took) noexcept {
        record(std::chrono::duration<double, std::milli>(took).count());
    }

    const std::array<double, N>& bounds;
    std::array<std::atomic<std::uint64_t>, N + 1> buckets{};  // not cumulative; the last: above every bound
    std::atomic<std::uint64_t> thousandths{0};                // the sum, times 1000
};

// Delays in milliseconds of Signal and Relay ("S" in signal-relay-stun §1.11).
inline constexpr std::array<double, 11> delay_bounds{0.1, 0.5, 1, 5, 10, 50, 100, 500, 1000, 5000, 10000};
// The default of the reference's Management (flow-events §11).
inline constexpr std::array<double, 15> default_bounds{0,   5,   10,   25,   50,   75,   100,  250,
                                                       500, 750, 1000, 2500, 5000, 7500, 10000};

}  // namespace rookery::core
