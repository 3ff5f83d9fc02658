#include "config/drain.hpp"

#include "environment_stub.hpp"
#include "tests/catch.hpp"

using namespace rookery::config;
using namespace rookery::config::test;
using namespace std::chrono_literals;

TEST_CASE("by default a node leaves within what Compose gives it") {
    Config config;
    settle_drain(no_variables, config);
    CHECK(config.drain.delay == 3s);
    CHECK(config.drain.timeout == 5s);
    CHECK(config.drain.goodbye == 1s);
    CHECK(config.notes.empty());
}

TEST_CASE("the environment wins over the file; zero is a value") {
    Config config;
    config.drain.timeout = 2s;
    settle_drain(variables({{"ROOKERY_DRAIN_DELAY", "0"}, {"ROOKERY_DRAIN_GOODBYE", "250ms"}}), config);
    CHECK(config.drain.delay == 0s);
    CHECK(config.drain.timeout == 2s);
    CHECK(config.drain.goodbye == 250ms);
}

TEST_CASE("what is no duration is ignored, with a warning that names it") {
    Config config;
    settle_drain(variables({{"ROOKERY_DRAIN_DELAY", "soon"}, {"ROOKERY_DRAIN_TIMEOUT", "-1s"}}), config);
    CHECK(config.drain.delay == 3s);
    CHECK(config.drain.timeout == 5s);
    REQUIRE(config.warnings.size() == 2);
    CHECK(config.warnings[0].find("ROOKERY_DRAIN_DELAY ignored: \"soon\"") != std::string::npos);
    CHECK(config.warnings[1].find("must not be negative") != std::string::npos);
}

TEST_CASE("a longer drain says which grace period it needs") {
    Config config;
    config.drain.delay = 20s;
    settle_drain(no_variables, config);
    REQUIRE(config.notes.size() == 1);
    CHECK(config.notes[0].find("up to 26 s") != std::string::npos);
    CHECK(config.notes[0].find("stop_grace_period: 28s") != std::string::npos);
}

TEST_CASE("every role reads it") {
    const auto delay = variables({{"ROOKERY_DRAIN_DELAY", "7s"}});
    CHECK(load_signal({}, delay)->drain.delay == 7s);
    CHECK(load_relay({"--exposed-address", "rels://r.example:443", "--auth-secret", "s"}, delay)->drain.delay == 7s);
    CHECK(load_serve({}, delay)->drain.delay == 7s);
}
