#include "actors/signal/outbox.hpp"

#include "tests/catch.hpp"

using rookery::signal::Outbox;
using namespace std::chrono_literals;

namespace {
Outbox::Bytes text(const std::string& s) {
    return std::make_shared<const std::string>(s);
}
const rookery::core::SteadyTime start{};
}  // namespace

TEST_CASE("nothing is written before the stream is registered") {
    Outbox box;
    CHECK_FALSE(box.push(text("a"), start).write);
    const auto first = box.open(start);
    REQUIRE(first);
    CHECK(**first == "a");
}

TEST_CASE("one write at a time, in order") {
    Outbox box;
    CHECK_FALSE(box.open(start));
    CHECK(**box.push(text("a"), start).write == "a");
    CHECK_FALSE(box.push(text("b"), start).write);
    CHECK_FALSE(box.push(text("c"), start).write);
    CHECK(**box.written(start) == "b");
    CHECK(**box.written(start) == "c");
    CHECK_FALSE(box.written(start));
    CHECK_FALSE(box.writing());
}

TEST_CASE("a full outbox drops the oldest that waits") {
    Outbox box({.max_messages = 2, .max_bytes = 1000});
    box.open(start);
    box.push(text("writing"), start);
    CHECK(box.push(text("1"), start).dropped == 0);
    CHECK(box.push(text("2"), start).dropped == 0);
    CHECK(box.push(text("3"), start).dropped == 1);
    CHECK(**box.written(start) == "2");
    CHECK(**box.written(start) == "3");
}

TEST_CASE("bytes are bounded too, but one large message still passes") {
    Outbox box({.max_messages = 100, .max_bytes = 10});
    box.open(start);
    box.push(text("writing"), start);
    CHECK(box.push(text(std::string(50, 'x')), start).dropped == 0);
    CHECK(box.push(text("small"), start).dropped == 1);
    CHECK(**box.written(start) == "small");
}

TEST_CASE("a write is stuck when the agent does not read for the time-out") {
    Outbox box;
    box.open(start);
    CHECK_FALSE(box.stuck(start + 1h, 10s));
    box.push(text("a"), start);
    CHECK_FALSE(box.stuck(start + 9s, 10s));
    CHECK(box.stuck(start + 10s, 10s));
    box.written(start + 10s);
    CHECK_FALSE(box.stuck(start + 1h, 10s));
}
