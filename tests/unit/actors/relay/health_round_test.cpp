#include "actors/relay/health_round.hpp"

#include "tests/catch.hpp"

using namespace rookery::relay;
using namespace std::chrono_literals;

TEST_CASE("sessions come in the order of their times, each once") {
    const rookery::core::SteadyTime start{};
    HealthRound round;
    CHECK_FALSE(round.next());
    round.add(1, start + 3s);
    round.add(2, start + 1s);
    round.add(3, start + 2s);
    CHECK(round.next() == start + 1s);
    CHECK_FALSE(round.take_due(start));
    CHECK(round.take_due(start + 2s) == 2);
    CHECK(round.take_due(start + 2s) == 3);
    CHECK_FALSE(round.take_due(start + 2s));
    round.add(2, start + 4s);
    CHECK(round.next() == start + 3s);
    CHECK(round.take_due(start + 9s) == 1);
    CHECK(round.take_due(start + 9s) == 2);
    CHECK_FALSE(round.next());
}
