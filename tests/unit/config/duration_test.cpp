#include "config/duration.hpp"
#include "tests/catch.hpp"

using namespace std::chrono_literals;
using rookery::config::parse_duration;
using rookery::config::parse_positive_duration;

TEST_CASE("Go durations") {
    CHECK(*parse_duration("500ms") == 500ms);
    CHECK(*parse_duration("1h30m") == 90min);
    CHECK(*parse_duration("12h") == 12h);
    CHECK(*parse_duration("1.5h") == 90min);
    CHECK(*parse_duration(".5s") == 500ms);
    CHECK(*parse_duration("1.s") == 1s);
    CHECK(*parse_duration("3us") == 3us);
    CHECK(*parse_duration("3\u00b5s") == 3us);
    CHECK(*parse_duration("3\u03bcs") == 3us);
    CHECK(*parse_duration("7ns") == 7ns);
    CHECK(*parse_duration("0") == 0s);
    CHECK(*parse_duration("+2m") == 2min);
    CHECK(*parse_duration("-2m") == -2min);
}

TEST_CASE("what is no duration is named") {
    for (const char* text : {"", "12", "h", ".s", "12 hours", "1d", "1h30", "--1s", "9999999999999h",
                             "99999999999999999999s", "9223372036854775807ns1ns"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
    CHECK(parse_duration("12 hours").error() == "\"12 hours\" is not a duration such as 500ms, 90s or 1h30m");
}

TEST_CASE("positive durations") {
    CHECK(*parse_positive_duration("10s") == 10s);
    CHECK(parse_positive_duration("0s").error() == "\"0s\" must be at least 1ms");
    CHECK(parse_positive_duration("-1s").error() == "\"-1s\" must be at least 1ms");
    CHECK_FALSE(parse_positive_duration("x"));
}
