// How a node leaves without anybody noticing more than a reconnect (config-ops §11.3, design §7): the order and the
// timing; what the steps do is the node's. Blocks its caller, who brings time and chance.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/core/pacing.hpp"
#include "config/config.hpp"

namespace rookery::runtime {

// Called by drain(), in this order.
struct DrainSteps {
    std::function<void()> stop_accepting;  // after which nothing new comes
    // What ends each session there is now, its client told to connect again.
    std::function<std::vector<std::function<void()>>()> farewells;
    // Any time: sessions that are open; whether nothing at all is left to wait for.
    std::function<std::size_t()> sessions;
    std::function<bool()> over;
};

struct DrainClock {
    std::function<core::SteadyTime()> now;
    std::function<void(std::chrono::nanoseconds)> sleep;
    core::Pacing::Chance chance;  // of who is ended when
};

// `hasty`: somebody waits for the end (Ctrl-C): the delay is skipped as soon as no session is open.
// Takes at most delay + timeout + goodbye; what is left then is cut off by the caller.
void drain(const config::Drain& times, bool hasty, const DrainSteps& steps, const DrainClock& clock);

}  // namespace rookery::runtime
