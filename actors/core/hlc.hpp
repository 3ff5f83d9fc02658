// Hybrid logical clock: registration numbers that order registrations across a pool without trusting one
// host's clock (design §4.2). A number is (milliseconds, counter, node); every number seen moves the clock on.
#pragma once

#include <compare>
#include <cstdint>

#include "actors/core/clock.hpp"

namespace rookery::core {

struct RegistrationNumber {
    std::uint64_t millis = 0;   // Unix milliseconds, never behind a number seen before
    std::uint32_t counter = 0;  // orders numbers of one millisecond
    std::uint32_t node = 0;     // breaks ties between nodes
    friend auto operator<=>(const RegistrationNumber&, const RegistrationNumber&) = default;
};

// Not thread-safe: one actor owns it. Node scope.
class HybridClock {
public:
    explicit HybridClock(std::uint32_t node) { last_.node = node; }

    // A number above every one given out or observed, also when `now` went backwards.
    RegistrationNumber next(WallTime now);
    // A number another node announced.
    void observe(const RegistrationNumber& seen);

private:
    RegistrationNumber last_;
};

}  // namespace rookery::core
