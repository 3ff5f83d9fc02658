// When a session is asked whether it lives and when it is given up (spec signal-relay-stun §2.11). Pure: the
// owner drives it with the time and the number of answers seen so far.
#pragma once

#include <chrono>
#include <cstdint>

#include "actors/core/clock.hpp"

namespace rookery::relay {

class Health {
public:
    struct Settings {
        std::chrono::milliseconds check_period{25'000};  // agents give a server up after 35 s without a check
        std::chrono::milliseconds look_period{45'000};
        int threshold = 1;  // looks in a row without an answer; NB_RELAY_HC_ATTEMPT_THRESHOLD
    };

    // `settings` outlive it.
    Health(const Settings& settings, core::SteadyTime start)
        : settings_(&settings), next_check_(start + settings.check_period), next_look_(start + settings.look_period) {}

    enum class Step : std::uint8_t { wait, send_check, timed_out };

    // `answers`: HealthCheck messages received since the session began; only whether it changed counts. Call again
    // at next(). Missed checks are not made up for. A look that is more than one check period late says that this
    // node stood still, not that the agent is gone: it is skipped.
    Step advance(core::SteadyTime now, std::uint32_t answers) {
        if (now >= next_look_) {
            const bool stood_still = now - next_look_ > settings_->check_period;
            const bool answered = answers != answers_at_look_;
            if (answered || stood_still)
                silent_looks_ = 0;
            else
                ++silent_looks_;
            answers_at_look_ = answers;
            next_look_ = stood_still ? now + settings_->look_period : next_look_ + settings_->look_period;
            if (silent_looks_ >= settings_->threshold) return Step::timed_out;
        }
        if (now >= next_check_) {
            next_check_ += settings_->check_period;
            if (next_check_ <= now) next_check_ = now + settings_->check_period;
            return Step::send_check;
        }
        return Step::wait;
    }

    core::SteadyTime next() const { return next_check_ < next_look_ ? next_check_ : next_look_; }

private:
    const Settings* settings_;
    core::SteadyTime next_check_;
    core::SteadyTime next_look_;
    std::uint32_t answers_at_look_ = 0;
    int silent_looks_ = 0;
};

}  // namespace rookery::relay
