#include "runtime/drain.hpp"

#include <algorithm>
#include <utility>

#include "actors/core/log.hpp"

namespace rookery::runtime {
namespace {

namespace log = core::log;
using namespace std::chrono_literals;

constexpr auto look = 10ms;  // between looks at what others do
constexpr auto step = 50ms;  // from one session's end to the next, at most: 20 clients a second are no wave

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

void wait_until(core::SteadyTime end, const DrainClock& clock, const std::function<bool()>& enough) {
    while (!enough()) {
        const auto left = end - clock.now();
        if (left <= 0ns) return;
        clock.sleep(std::min<std::chrono::nanoseconds>(left, look));
    }
}

// Streams, links and calls of all kinds mixed, so that each kind is spread over the whole time.
void shuffle(std::vector<std::function<void()>>& farewells, const core::Pacing::Chance& chance) {
    for (auto i = farewells.size(); i > 1; --i)
        std::swap(farewells[i - 1], farewells[static_cast<std::size_t>(chance() * static_cast<double>(i))]);
}

void end_sessions(const config::Drain& times, const DrainSteps& steps, const DrainClock& clock) {
    auto farewells = steps.farewells();
    if (farewells.empty()) return;
    shuffle(farewells, clock.chance);
    core::Pacing pacing(farewells.size(), times.timeout, step, clock.chance);
    log::info("draining: ending {} sessions over {:.1f}s", farewells.size(), seconds(pacing.span()));
    const auto begun = clock.now();
    std::size_t next = 0;
    while (!pacing.done()) {
        wait_until(begun + pacing.next(), clock, [&] { return steps.sessions() == 0; });
        if (steps.sessions() == 0) return;
        for (auto due = pacing.due(clock.now() - begun); due > 0; --due) farewells[next++]();
    }
}

}  // namespace

void drain(const config::Drain& times, bool hasty, const DrainSteps& steps, const DrainClock& clock) {
    const auto nobody = [&] { return hasty && steps.sessions() == 0; };
    if (times.delay > 0ms && !nobody()) {
        log::info("draining: waiting {:g}s before closing listeners", seconds(times.delay));
        wait_until(clock.now() + times.delay, clock, nobody);
    }
    steps.stop_accepting();
    end_sessions(times, steps, clock);
    wait_until(clock.now() + times.goodbye, clock, steps.over);
}

}  // namespace rookery::runtime
