#include <chrono>

#include "config/load.hpp"
#include "environment_stub.hpp"
#include "tests/catch.hpp"

using namespace rookery::config;
using namespace rookery::config::test;
using namespace std::chrono_literals;

namespace {

Config loaded(const Lines& arguments, const Environment& environment = no_variables) {
    auto config = load_signal(arguments, environment);
    if (!config) FAIL(config.error().message);
    return *config;
}

std::string refused(const Lines& arguments, const Environment& environment = no_variables) {
    const auto config = load_signal(arguments, environment);
    REQUIRE_FALSE(config);
    return config.error().message;
}

}  // namespace

TEST_CASE("a plain signal node") {
    const auto config = loaded({});
    CHECK(config.command == "signal");
    CHECK(config.listen == Endpoint{"", 80});
    CHECK(config.metrics->endpoint == Endpoint{"", 9090});
    CHECK_FALSE(config.metrics->asked_for);
    CHECK_FALSE(config.health);
    CHECK(config.logging.levels[LogComponent::node] == LogLevel::info);
    CHECK(config.logging.file == "console");
    CHECK(config.logging.format == LogFormat::text);
    CHECK(config.data_dir.empty());
    CHECK(config.supervision.count("signal") == 1);
    REQUIRE(config.signal);
    CHECK(config.signal->send_timeout == 10s);
    CHECK(config.signal->legacy->endpoint == Endpoint{"", 10000});
    CHECK_FALSE(config.signal->legacy->asked_for);
    CHECK_FALSE(config.signal->nats);
    CHECK_FALSE(config.relay);
    CHECK_FALSE(config.stun);
    CHECK_FALSE(config.management);
    CHECK(config.warnings.empty());
    CHECK(config.notes.empty());
}

TEST_CASE("the image's arguments, with and without the word run") {
    Lines arguments{"--log-level", "info", "--log-file", "console", "--port", "443"};
    CHECK(loaded(arguments).listen.port == 443);
    arguments.insert(arguments.begin(), "run");
    CHECK(loaded(arguments).listen.port == 443);
}

TEST_CASE("both forms of a flag; a flag wins over the environment") {
    CHECK(loaded({"--port=81"}, variables({{"NB_PORT", "82"}})).listen.port == 81);
    CHECK(loaded({"--port", "81"}, variables({{"NB_PORT", "82"}})).listen.port == 81);
    CHECK(loaded({}, variables({{"NB_PORT", "82"}})).listen.port == 82);
    const auto config = loaded(
        {}, variables({{"NB_METRICS_PORT", "9191"}, {"NB_LOG_LEVEL", "warning"}, {"NB_LOG_FILE", "/tmp/signal.log"}}));
    CHECK(config.metrics->endpoint.port == 9191);
    CHECK(config.metrics->asked_for);
    CHECK(config.logging.levels[LogComponent::node] == LogLevel::warn);
    CHECK(config.logging.file == "/tmp/signal.log");
}

TEST_CASE("an environment value that does not fit is noted and ignored") {
    const auto config = loaded({}, variables({{"NB_PORT", "http"}, {"NB_SIGNAL_SEND_TIMEOUT", "soon"}}));
    CHECK(config.listen.port == 80);
    CHECK(config.signal->send_timeout == 10s);
    CHECK(config.warnings ==
          Lines{"environment variable NB_PORT ignored: \"http\" is not a number",
                "environment variable NB_SIGNAL_SEND_TIMEOUT ignored: \"soon\" is not a duration such as 500ms, 90s or "
                "1h30m"});
    CHECK(loaded({}, variables({{"NB_PORT", ""}})).warnings.empty());
}

TEST_CASE("environment without flags") {
    const auto config = loaded({}, variables({{"NB_SIGNAL_SEND_TIMEOUT", "2s"},
                                              {"NB_LOG_FORMAT", "json"},
                                              {"NB_LICENSE_KEY", "abc"},
                                              {"NB_PPROF_ADDR", ":6060"}}));
    CHECK(config.signal->send_timeout == 2s);
    CHECK(config.logging.format == LogFormat::json);
    CHECK(config.notes == Lines{"NB_LICENSE_KEY is set and ignored: Rookery needs no licence",
                                "environment variable NB_PPROF_ADDR has no effect in Rookery"});
    CHECK(config.warnings.empty());
    CHECK(loaded({}, variables({{"NB_LOG_FORMAT", "xml"}})).warnings ==
          Lines{"environment variable NB_LOG_FORMAT ignored: \"xml\" is neither json nor text"});
}

TEST_CASE("TLS files come in pairs and move the default port") {
    const auto config = loaded({"--cert-file", "c.pem", "--cert-key", "k.pem"});
    CHECK(config.listen.port == 443);
    CHECK(config.tls.cert_file == "c.pem");
    CHECK(config.tls.key_file == "k.pem");
    const std::string both = "both cert-file and cert-key must be provided when not using LetsEncrypt";
    CHECK(refused({"--cert-file", "c.pem"}) == both);
    CHECK(refused({}, variables({{"NB_CERT_KEY", "k.pem"}})) == both);
    CHECK(refused({"--letsencrypt-domain", "a.example"}) ==
          "letsencrypt-domain: obtaining certificates by ACME is not supported; give --cert-file and --cert-key, or "
          "end TLS at the load balancer");
    CHECK_FALSE(loaded({"--ssl-dir", "/x"}, variables({{"NB_SSL_DIR", "/y"}})).tls.enabled());
}

TEST_CASE("no legacy port when the public port is that one") {
    CHECK_FALSE(loaded({"--port", "10000"}).signal->legacy);
}

TEST_CASE("single node mode and NATS") {
    const std::string not_set = "NATS_ENDPOINTS environment variable not set";
    CHECK(refused({}, variables({{"SINGLE_NODE_MODE", "false"}})) == not_set);
    CHECK(refused({}, variables({{"SINGLE_NODE_MODE", "false"}, {"NATS_ENDPOINTS", " , "}})) == not_set);

    const auto ha =
        loaded({}, variables({{"SINGLE_NODE_MODE", "false"}, {"NATS_ENDPOINTS", "nats://a:4222, nats://b"}}));
    REQUIRE(ha.signal->nats);
    CHECK(ha.signal->nats->endpoints == std::vector<Secret>{Secret("nats://a:4222"), Secret("nats://b")});
    CHECK(ha.warnings.empty());

    for (const char* mode : {"", "true"}) {
        CAPTURE(mode);
        const auto off = loaded({}, variables({{"SINGLE_NODE_MODE", mode}, {"NATS_ENDPOINTS", "nats://a"}}));
        CHECK_FALSE(off.signal->nats);
        CHECK(off.warnings == Lines{"SINGLE_NODE_MODE disables NATS coordination: NATS_ENDPOINTS is ignored unless "
                                    "SINGLE_NODE_MODE=false"});
    }
    CHECK(loaded({}, variables({{"SINGLE_NODE_MODE", "true"}})).warnings == Lines{not_set});
    CHECK(loaded({}, variables({{"NATS_ENDPOINTS", ""}})).warnings == Lines{not_set});
    const auto odd = loaded({}, variables({{"SINGLE_NODE_MODE", "off"}}));
    CHECK_FALSE(odd.signal->nats);
    CHECK(odd.warnings ==
          Lines{"environment variable SINGLE_NODE_MODE ignored: \"off\" is neither true nor false", not_set});
}

TEST_CASE("wrong flags are named") {
    CHECK(refused({"--lgo-level", "info"}) == "unknown flag: --lgo-level (did you mean --log-level?)");
    CHECK(refused({"--prot=80"}) == "unknown flag: --prot (did you mean --port?)");
    CHECK(refused({"-port", "80"}) == "unknown flag: -port (did you mean --port?)");
    CHECK(refused({"--zzzzzz"}) == "unknown flag: --zzzzzz");
    CHECK(refused({"--port"}) == "flag needs an argument: --port");
    CHECK(refused({"--port", "http"}) == "invalid argument for --port: \"http\" is not a number");
    CHECK(refused({"--port", "70000"}) == "invalid --port value 70000: must be between 0 and 65535");
    CHECK(refused({"--metrics-port", "-1"}) == "invalid --metrics-port value -1: must be between 0 and 65535");
    CHECK(refused({"start"}) == "unexpected argument \"start\"");
    CHECK(refused({"run", "run"}) == "unexpected argument \"run\"");
    CHECK(refused({"--log-level", "loud"}) ==
          "not a valid log level: \"loud\" (use panic, fatal, error, warn, info, debug or trace)");
}

TEST_CASE("the help text names every flag, its variable and its default") {
    const auto text = usage_signal();
    CHECK(text.find("Usage: rookery signal [run] [flags]") == 0);
    CHECK(text.find("--metrics-port number") != std::string::npos);
    CHECK(text.find("(default 9090) [NB_METRICS_PORT]") != std::string::npos);
    CHECK(text.find("also --ssl-dir [NB_SSL_DIR]") != std::string::npos);
    CHECK(text.find("NATS_ENDPOINTS") != std::string::npos);
}
