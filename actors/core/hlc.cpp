#include "actors/core/hlc.hpp"

#include <limits>

namespace rookery::core {

RegistrationNumber HybridClock::next(WallTime now) {
    const auto millis = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
    if (millis > last_.millis) {
        last_.millis = millis;
        last_.counter = 0;
    } else if (last_.counter == std::numeric_limits<std::uint32_t>::max()) {
        ++last_.millis;
        last_.counter = 0;
    } else {
        ++last_.counter;
    }
    return last_;
}

void HybridClock::observe(const RegistrationNumber& seen) {
    if (seen.millis < last_.millis) return;
    if (seen.millis > last_.millis) {
        last_.millis = seen.millis;
        last_.counter = seen.counter;
    } else if (seen.counter > last_.counter) {
        last_.counter = seen.counter;
    }
}

}  // namespace rookery::core
