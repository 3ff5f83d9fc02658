// When the sessions of a node that goes away are ended.
#include "actors/core/pacing.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include "tests/catch.hpp"

using namespace rookery::core;
using namespace std::chrono_literals;

namespace {
Pacing::Chance seeded() {
    return [random = std::mt19937_64(7)]() mutable { return std::uniform_real_distribution<double>(0, 1)(random); };
}
}  // namespace

TEST_CASE("many sessions are ended evenly over the whole time") {
    Pacing pacing(1'000, 5s, 50ms, seeded());
    CHECK(pacing.span() == 5s);
    for (int second = 1; second <= 5; ++second) {
        const auto ended = pacing.due(std::chrono::seconds(second));
        CHECK(ended >= 199);
        CHECK(ended <= 201);
    }
    CHECK(pacing.done());
    CHECK(pacing.due(10s) == 0);
}

TEST_CASE("each session has a share of the time and ends at a random moment of it") {
    Pacing pacing(100, 10s, 1s, seeded());
    std::vector<std::chrono::nanoseconds> within;
    for (int i = 0; i < 100; ++i) {
        const auto at = pacing.next();
        within.push_back(at - i * 100ms);
        CHECK(within.back() >= 0ns);
        CHECK(within.back() < 100ms);
        CHECK(pacing.due(at - 1ns) == 0);
        CHECK(pacing.due(at) == 1);
    }
    std::sort(within.begin(), within.end());
    CHECK(within.back() - within.front() > 80ms);
}

TEST_CASE("few sessions do not take the whole time, none take none") {
    Pacing few(3, 5s, 50ms, seeded());
    CHECK(few.span() == 150ms);
    CHECK(few.due(150ms) == 3);
    Pacing none(0, 5s, 50ms, seeded());
    CHECK(none.done());
    CHECK(none.span() == 0ns);
}

TEST_CASE("without time everybody goes at once") {
    Pacing pacing(1'000, 0ms, 50ms, seeded());
    CHECK(pacing.due(0ns) == 1'000);
}
