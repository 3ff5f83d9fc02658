#include "actors/core/seldom.hpp"

#include "tests/catch.hpp"

using rookery::core::Seldom;
using rookery::core::SteadyTime;
using namespace std::chrono_literals;

TEST_CASE("what happens often is one line a minute, and no occurrence is forgotten") {
    Seldom line(1min);
    const SteadyTime begin{1h};
    CHECK(line.happened(begin) == 1);
    CHECK_FALSE(line.happened(begin + 1s));
    CHECK_FALSE(line.happened(begin + 59s));
    CHECK(line.happened(begin + 60s) == 3);
    CHECK_FALSE(line.happened(begin + 119s));
    CHECK(line.happened(begin + 10min) == 2);
}
