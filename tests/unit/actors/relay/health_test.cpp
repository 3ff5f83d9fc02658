#include "actors/relay/health.hpp"

#include <vector>

#include "tests/catch.hpp"

namespace rookery::relay {
namespace {

using namespace std::chrono_literals;
using Step = Health::Step;

const core::SteadyTime start{};
const Health::Settings defaults;

// Runs until `end`; `answers(t)` tells how many answers came until t. Returns when checks went out; the time of
// giving up is added to `timed_out`.
template <class Answers>
std::vector<int> run(Health& health, std::chrono::seconds end, Answers answers, std::vector<int>& timed_out) {
    std::vector<int> checks;
    while (health.next() <= start + end) {
        const auto t = health.next();
        const auto s = static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(t - start).count());
        for (;;) {
            const auto step = health.advance(t, answers(s));
            if (step == Step::wait) break;
            if (step == Step::send_check) {
                checks.push_back(s);
                continue;
            }
            timed_out.push_back(s);
            return checks;
        }
    }
    return checks;
}

TEST_CASE("checks every 25 s, whatever else happens") {
    Health health(defaults, start);
    std::vector<int> timed_out;
    const auto checks = run(
        health, 200s, [](int s) { return static_cast<std::uint32_t>(s / 25); }, timed_out);
    CHECK(checks == std::vector{25, 50, 75, 100, 125, 150, 175, 200});
    CHECK(timed_out.empty());
    CHECK(health.advance(start + 201s, 0) == Step::wait);
}

TEST_CASE("an agent that never answers is given up at the first look") {
    Health health(defaults, start);
    std::vector<int> timed_out;
    CHECK(run(
              health, 300s, [](int) { return 0u; }, timed_out) == std::vector{25});
    CHECK(timed_out == std::vector{45});
}

TEST_CASE("an agent that dies is given up 45 to 90 s after its last answer") {
    for (const int died : {0, 26, 44, 46, 89, 91, 134}) {
        INFO("died at " << died);
        Health health(defaults, start);
        std::vector<int> timed_out;
        run(
            health, 500s, [died](int s) { return static_cast<std::uint32_t>(std::min(s, died) / 25); }, timed_out);
        REQUIRE(timed_out.size() == 1);
        const int last_answer = died / 25 * 25;
        CHECK(timed_out[0] - last_answer >= 20);
        CHECK(timed_out[0] - last_answer <= 90);
    }
}

TEST_CASE("the threshold counts silent looks in a row") {
    const Health::Settings patient{.threshold = 3};
    Health health(patient, start);
    std::vector<int> timed_out;
    run(
        health, 500s, [](int s) { return s >= 100 ? 1u : 0u; }, timed_out);
    CHECK(timed_out == std::vector{45 * 6});  // silent 45, 90; answered 135; silent 180, 225, 270
}

TEST_CASE("a node that stood still does not blame its agents") {
    Health health(defaults, start);
    CHECK(health.advance(start + 25s, 0) == Step::send_check);
    const auto resumed = start + 3600s;
    CHECK(health.advance(resumed, 0) == Step::send_check);  // one, not 143
    CHECK(health.advance(resumed, 0) == Step::wait);
    CHECK(health.next() == resumed + 25s);
    CHECK(health.advance(resumed + 25s, 0) == Step::send_check);
    CHECK(health.advance(resumed + 45s, 0) == Step::timed_out);
}

}  // namespace
}  // namespace rookery::relay
