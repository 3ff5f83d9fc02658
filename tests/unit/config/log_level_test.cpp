#include "config/log_level.hpp"

#include "config/config_file.hpp"
#include "config/environment.hpp"
#include "tests/catch.hpp"
#include "tests/unit/config/environment_stub.hpp"

using namespace rookery::config;
using rookery::config::test::variables;

TEST_CASE("names of log levels") {
    CHECK(*parse_log_level("warning") == LogLevel::warn);
    CHECK(*parse_log_level("DEBUG") == LogLevel::debug);
    CHECK(*parse_log_level("panic") == LogLevel::fatal);
    CHECK(parse_log_level("loud").error() ==
          "not a valid log level: \"loud\" (use panic, fatal, error, warn, info, debug or trace)");
    CHECK_FALSE(parse_log_level(""));
    CHECK_FALSE(parse_log_level("off"));
    CHECK(to_string(LogLevel::warn) == "warn");
}

TEST_CASE("levels of all components and of single ones") {
    const auto wish = parse_log_levels("relay=debug, warn,store=error");
    REQUIRE(wish);
    LogLevels levels;
    levels.apply(*wish);
    CHECK(levels[LogComponent::relay] == LogLevel::debug);
    CHECK(levels[LogComponent::store] == LogLevel::error);
    CHECK(levels[LogComponent::signal] == LogLevel::warn);

    levels.apply(*parse_log_levels("signal=trace"));
    CHECK(levels[LogComponent::signal] == LogLevel::trace);
    CHECK(levels[LogComponent::relay] == LogLevel::debug);
    levels.apply(*parse_log_levels("info"));
    CHECK(levels == LogLevels{});
}

TEST_CASE("a wish that cannot be meant is refused with what could be") {
    CHECK(parse_log_levels("realy=debug").error().find("not a component of the log: \"realy\", did you mean relay?") ==
          0);
    CHECK(parse_log_levels("relay=loud").error().find("not a valid log level: \"loud\"") == 0);
    CHECK_FALSE(parse_log_levels("relay="));
    CHECK_FALSE(parse_log_levels("info,debug"));
    CHECK_FALSE(parse_log_levels("relay=info,relay=debug"));
}

TEST_CASE("flag before environment before file, in each point") {
    LogLevelWish file;
    file.all = LogLevel::warn;
    file.some = {{LogComponent::relay, LogLevel::trace}, {LogComponent::store, LogLevel::error}};
    Config config;
    REQUIRE(set_log_levels(file, variables({{"ROOKERY_LOG_LEVELS", "relay=debug,stun=trace"}}),
                           std::string("info,stun=error"), config));
    const auto& levels = config.logging.levels;
    CHECK(levels[LogComponent::signal] == LogLevel::info);
    CHECK(levels[LogComponent::relay] == LogLevel::debug);
    CHECK(levels[LogComponent::store] == LogLevel::error);
    CHECK(levels[LogComponent::stun] == LogLevel::error);
}

TEST_CASE("a variable that does not fit is ignored with a warning") {
    Config config;
    REQUIRE(set_log_levels({}, variables({{"ROOKERY_LOG_LEVELS", "loud"}}), std::nullopt, config));
    CHECK(config.logging.levels == LogLevels{});
    REQUIRE(config.warnings.size() == 1);
    CHECK(config.warnings[0].find("environment variable ROOKERY_LOG_LEVELS ignored: not a valid log level") == 0);
}

TEST_CASE("levels in the file") {
    const auto file =
        parse_config_file("rookery:\n  log:\n    levels: {relay: debug, store: warning}\n", "config.yaml", false);
    REQUIRE(file);
    CHECK(file->log_levels.some == std::map<LogComponent, LogLevel>{{LogComponent::relay, LogLevel::debug},
                                                                    {LogComponent::store, LogLevel::warn}});
    CHECK(parse_config_file("rookery:\n  log:\n    levels:\n      realy: debug\n", "c.yaml", false).error() ==
          "unknown key rookery.log.levels.realy in c.yaml (did you mean rookery.log.levels.relay?)");
    const auto loud = parse_config_file("rookery:\n  log:\n    levels:\n      relay: loud\n", "c.yaml", false).error();
    CHECK(loud.find("rookery.log.levels.relay (line 4): not a valid log level: \"loud\"") != std::string::npos);
}

TEST_CASE("rotation of the log file") {
    Config config;
    read_common_environment(variables({{"NB_LOG_MAX_SIZE_MB", "3"}}), config);
    CHECK(config.logging.max_megabytes == 3);
    read_common_environment(variables({{"NB_LOG_DISABLE_ROTATION", "true"}}), config);
    CHECK(config.logging.max_megabytes == 0);
    CHECK(config.warnings.empty());
    read_common_environment(variables({{"NB_LOG_MAX_SIZE_MB", "0"}}), config);
    CHECK(config.warnings.size() == 1);
}
