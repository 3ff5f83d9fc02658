// The order and the timing of a drain, by a clock that the test drives.
#include "runtime/drain.hpp"

#include <algorithm>
#include <random>
#include <string>

#include "tests/catch.hpp"

using namespace rookery;
using namespace std::chrono_literals;

namespace {

// A node with sessions; every step is noted with the millisecond of the drain in which it came.
struct Fixture {
    std::chrono::nanoseconds now{0};
    std::size_t open = 0;
    bool stuck = false;  // farewells are not heeded
    bool calls = false;  // something else does not end
    std::int64_t accepting_stopped = -1;
    std::vector<std::int64_t> ended;
    std::function<void()> on_sleep = [] {};
    std::mt19937_64 random{7};

    std::int64_t run(const config::Drain& times, bool hasty = false) {
        runtime::DrainSteps steps;
        steps.stop_accepting = [this] { accepting_stopped = now / 1ms; };
        steps.farewells = [this] {
            return std::vector<std::function<void()>>(open, [this] {
                ended.push_back(now / 1ms);
                if (!stuck) --open;
            });
        };
        steps.sessions = [this] { return open; };
        steps.over = [this] { return open == 0 && !calls; };
        runtime::DrainClock clock;
        clock.now = [this] { return core::SteadyTime(now); };
        clock.sleep = [this](std::chrono::nanoseconds time) {
            REQUIRE(time > 0ns);
            now += time;
            on_sleep();
        };
        clock.chance = [this] { return std::uniform_real_distribution<double>(0, 1)(random); };
        runtime::drain(times, hasty, steps, clock);
        return now / 1ms;
    }
};

const config::Drain defaults;

}  // namespace

TEST_CASE_METHOD(Fixture, "listeners stay open for the delay, then sessions end one by one over the time-out") {
    open = 1'000;
    const auto took = run(defaults);
    CHECK(accepting_stopped == 3'000);
    REQUIRE(ended.size() == 1'000);
    CHECK(ended.front() >= 3'000);
    CHECK(ended.back() > 7'900);
    for (int second = 3; second < 8; ++second) {
        const auto within = std::count_if(ended.begin(), ended.end(), [&](auto at) { return at / 1000 == second; });
        CHECK(within > 190);
        CHECK(within < 210);
    }
    CHECK(took <= 8'010);  // nothing is left: no goodbye to wait for
}

TEST_CASE_METHOD(Fixture, "without sessions only the delay is waited for") {
    CHECK(run(defaults) == 3'000);
}

TEST_CASE_METHOD(Fixture, "few sessions do not take the whole time-out") {
    open = 3;
    CHECK(run(defaults) <= 3'160);
    CHECK(ended.size() == 3);
}

TEST_CASE_METHOD(Fixture, "Ctrl-C without sessions ends at once, with sessions as every drain does") {
    CHECK(run(defaults, true) == 0);
    CHECK(accepting_stopped == 0);

    Fixture busy;
    busy.open = 2;
    CHECK(busy.run(defaults, true) >= 3'000);

    Fixture left_alone;  // the last session ends by itself during the delay
    left_alone.open = 1;
    left_alone.on_sleep = [&] {
        if (left_alone.now >= 1s) left_alone.open = 0;
    };
    CHECK(left_alone.run(defaults, true) <= 1'010);
}

TEST_CASE_METHOD(Fixture, "sessions that go by themselves are not waited for") {
    open = 1'000;
    on_sleep = [this] {
        if (now >= 4s) open = 0;
    };
    CHECK(run(defaults) <= 4'020);
}

TEST_CASE_METHOD(Fixture, "whatever does not end is cut off when the times are over") {
    open = 10;
    stuck = calls = true;
    CHECK(run(defaults) <= 9'000);
    CHECK(ended.size() == 10);

    Fixture waits;
    waits.calls = true;
    CHECK(waits.run(defaults) == 4'000);  // delay and goodbye
}

TEST_CASE_METHOD(Fixture, "with all times zero everything goes at once") {
    open = 100;
    CHECK(run({0ms, 0ms, 0ms}) == 0);
    CHECK(ended.size() == 100);
}
