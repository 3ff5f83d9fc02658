#include "actors/core/restart_policy.hpp"

#include "tests/catch.hpp"

using namespace rookery::core;
using namespace std::chrono_literals;

namespace {

rookery::config::Supervision parameters(int max_restarts) {
    rookery::config::Supervision p;
    p.max_restarts = max_restarts;
    p.period = 1000ms;
    p.backoff_first = 10ms;
    p.backoff_max = 100ms;
    return p;
}

RestartPolicy::Time at(std::chrono::milliseconds t) {
    return RestartPolicy::Time(t);
}

}  // namespace

TEST_CASE("so many restarts within a period, not one more") {
    RestartPolicy policy(parameters(3));
    CHECK(policy.allow(at(0ms)));
    CHECK(policy.allow(at(100ms)));
    CHECK(policy.allow(at(200ms)));
    CHECK_FALSE(policy.allow(at(1000ms)));
    CHECK(policy.recent() == 4);
    CHECK(policy.allow(at(1201ms)));  // the first three are forgotten
    CHECK(policy.recent() == 2);
}

TEST_CASE("no restart at all, if none is allowed") {
    RestartPolicy policy(parameters(0));
    CHECK_FALSE(policy.allow(at(0ms)));
}

TEST_CASE("the wait doubles up to its maximum, with a fifth of jitter both ways") {
    const RestartPolicy policy(parameters(3));
    CHECK(policy.wait(1, 0.5) == 10ms);
    CHECK(policy.wait(2, 0.5) == 20ms);
    CHECK(policy.wait(4, 0.5) == 80ms);
    CHECK(policy.wait(5, 0.5) == 100ms);
    CHECK(policy.wait(1'000'000, 0.5) == 100ms);
    CHECK(policy.wait(1, 0.0) == 8ms);
    CHECK(policy.wait(1, 1.0) == 12ms);
    CHECK(policy.wait(9, 1.0) == 120ms);
}

TEST_CASE("a life longer than the period starts the row anew") {
    const RestartPolicy policy(parameters(3));
    CHECK(policy.in_a_row(0, 0ms) == 1);
    CHECK(policy.in_a_row(1, 1000ms) == 2);
    CHECK(policy.in_a_row(7, 1001ms) == 1);
}

TEST_CASE("who is affected") {
    const auto range = [](Strategy strategy) {
        const auto r = affected(strategy, 2, 5);
        return std::pair(r.first, r.last);
    };
    CHECK(range(Strategy::one_for_one) == std::pair<std::size_t, std::size_t>(2, 3));
    CHECK(range(Strategy::one_for_all) == std::pair<std::size_t, std::size_t>(0, 5));
    CHECK(range(Strategy::rest_for_one) == std::pair<std::size_t, std::size_t>(2, 5));
}

TEST_CASE("which end calls for a restart") {
    CHECK(starts_again(Restart::permanent, true));
    CHECK(starts_again(Restart::permanent, false));
    CHECK(starts_again(Restart::transient, true));
    CHECK_FALSE(starts_again(Restart::transient, false));
    CHECK_FALSE(starts_again(Restart::temporary, true));
    CHECK_FALSE(starts_again(Restart::temporary, false));
}
