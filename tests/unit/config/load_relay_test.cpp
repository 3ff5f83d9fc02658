#include "config/load.hpp"
#include "environment_stub.hpp"
#include "tests/catch.hpp"

using namespace rookery::config;
using namespace rookery::config::test;

namespace {

const Lines basics{"--exposed-address", "rels://r.example:443", "--auth-secret", "s"};

Lines with_basics(const Lines& more) {
    auto out = basics;
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

Config loaded(const Lines& arguments, const Environment& environment = no_variables) {
    auto config = load_relay(arguments, environment);
    if (!config) FAIL(config.error().message);
    return *config;
}

std::string refused(const Lines& arguments, const Environment& environment = no_variables) {
    const auto config = load_relay(arguments, environment);
    REQUIRE_FALSE(config);
    return config.error().message;
}

}  // namespace

TEST_CASE("a plain relay") {
    const auto config = loaded(basics);
    CHECK(config.command == "relay");
    CHECK(config.listen == Endpoint{"", 443});
    CHECK(config.metrics->endpoint == Endpoint{"", 9090});
    CHECK_FALSE(config.metrics->asked_for);
    CHECK(config.health->endpoint == Endpoint{"", 9000});
    CHECK_FALSE(config.health->asked_for);
    CHECK(config.logging.levels[LogComponent::node] == LogLevel::info);
    CHECK(config.logging.file == "console");
    CHECK_FALSE(config.stun);
    CHECK_FALSE(config.signal);
    CHECK_FALSE(config.management);
    REQUIRE(config.relay);
    CHECK(config.relay->exposed_url == "rels://r.example:443");
    CHECK(config.relay->auth_secret.reveal() == "s");
    CHECK(config.relay->health_check_attempts == 1);
    CHECK(config.relay->trusted_proxies.empty());
    CHECK(config.warnings.empty());
    CHECK(config.notes.empty());
}

TEST_CASE("the image's way: everything from the environment") {
    const auto config = loaded({}, variables({{"NB_LISTEN_ADDRESS", "[::1]:8443"},
                                              {"NB_EXPOSED_ADDRESS", "rels://r.example:443"},
                                              {"NB_AUTH_SECRET", "s"},
                                              {"NB_METRICS_PORT", "9191"},
                                              {"NB_HEALTH_LISTEN_ADDRESS", "127.0.0.1:9001"},
                                              {"NB_TLS_CERT_FILE", "c"},
                                              {"NB_TLS_KEY_FILE", "k"},
                                              {"NB_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1"},
                                              {"NB_ENABLE_STUN", "true"},
                                              {"NB_STUN_PORTS", "3478,3479"},
                                              {"NB_STUN_LOG_LEVEL", "debug"},
                                              {"NB_LOG_LEVEL", "warn"},
                                              {"NB_LOG_FILE", "syslog"},
                                              {"NB_RELAY_HC_ATTEMPT_THRESHOLD", "3"},
                                              {"NB_LOG_FORMAT", "json"},
                                              {"NB_LICENSE_KEY", "abc"}}));
    CHECK(config.listen == Endpoint{"::1", 8443});
    CHECK(config.metrics->endpoint.port == 9191);
    CHECK(config.metrics->asked_for);
    CHECK(config.health->endpoint == Endpoint{"127.0.0.1", 9001});
    CHECK(config.health->asked_for);
    CHECK(config.tls.enabled());
    CHECK(config.relay->trusted_proxies == Lines{"10.0.0.0/8", "192.0.2.1/32"});
    CHECK(config.relay->health_check_attempts == 3);
    CHECK(config.stun->ports == std::vector<std::uint16_t>{3478, 3479});
    CHECK(config.logging.levels[LogComponent::stun] == LogLevel::debug);
    CHECK(config.logging.levels[LogComponent::node] == LogLevel::warn);
    CHECK(config.logging.file == "syslog");
    CHECK(config.logging.format == LogFormat::json);
    CHECK(config.warnings.empty());
    CHECK(config.notes == Lines{"NB_LICENSE_KEY is set and ignored: Rookery needs no licence"});
}

TEST_CASE("short flags in their three forms, with the word run") {
    const auto config = loaded({"run", "-e", "rels://r", "-s=secret", "-l:8443", "-H", ":9001", "-c", "c", "-kk"});
    CHECK(config.relay->exposed_url == "rels://r");
    CHECK(config.relay->auth_secret.reveal() == "secret");
    CHECK(config.listen.port == 8443);
    CHECK(config.health->endpoint.port == 9001);
    CHECK(config.tls.cert_file == "c");
    CHECK(config.tls.key_file == "k");
}

TEST_CASE("flags override the environment, list flags append to it") {
    const auto environment =
        variables({{"NB_LISTEN_ADDRESS", ":1"}, {"NB_STUN_PORTS", "1000"}, {"NB_ENABLE_STUN", "1"}});
    const auto config =
        loaded(with_basics({"--listen-address", ":2", "--stun-ports", "2000,2001", "--stun-ports=3000"}), environment);
    CHECK(config.listen.port == 2);
    CHECK(config.stun->ports == std::vector<std::uint16_t>{1000, 2000, 2001, 3000});
    CHECK(loaded(with_basics({"--stun-ports", "2000"}), variables({{"NB_ENABLE_STUN", "t"}})).stun->ports ==
          std::vector<std::uint16_t>{2000});
    CHECK(loaded(with_basics({"--enable-stun"})).stun->ports == std::vector<std::uint16_t>{3478});
    CHECK_FALSE(loaded(with_basics({"--enable-stun=false"}), environment).stun);
}

TEST_CASE("environment values that do not fit are noted and ignored") {
    const auto config = loaded(basics, variables({{"NB_ENABLE_STUN", "maybe"},
                                                  {"NB_STUN_PORTS", "3478,x"},
                                                  {"NB_METRICS_PORT", "many"},
                                                  {"NB_RELAY_HC_ATTEMPT_THRESHOLD", "0"}}));
    CHECK(config.warnings ==
          Lines{"environment variable NB_METRICS_PORT ignored: \"many\" is not a number",
                "environment variable NB_ENABLE_STUN ignored: \"maybe\" is neither true nor false",
                "environment variable NB_STUN_PORTS ignored: \"x\" is not a number",
                "environment variable NB_RELAY_HC_ATTEMPT_THRESHOLD ignored: \"0\" is not a usable number"});
    CHECK(config.metrics->endpoint.port == 9090);
    CHECK(config.relay->health_check_attempts == 1);
}

TEST_CASE("what a relay cannot do without") {
    CHECK(refused({}) == "invalid config: exposed address is required");
    CHECK(refused({"-e", "r"}) == "invalid config: auth secret is required");
    CHECK(refused({"-e", "", "-s", "s"}) == "invalid config: exposed address is required");
}

TEST_CASE("exposed address and TLS") {
    CHECK(loaded({"-e", "r.example:443", "-s", "s"}).relay->exposed_url == "rel://r.example:443");
    CHECK(loaded({"-e", "r.example:443", "-s", "s", "-c", "c", "-k", "k"}).relay->exposed_url ==
          "rels://r.example:443");
    CHECK(refused({"-e", "rel://r", "-s", "s", "-c", "c", "-k", "k"}) ==
          "invalid config: exposed address \"rel://r\" has the non-TLS scheme rel:// although the relay has a "
          "certificate: use rels://");
    CHECK(refused({"-e", "https://r", "-s", "s"}) ==
          "invalid config: exposed address \"https://r\" must start with rels:// or rel://");
    CHECK(refused(with_basics({"-c", "c"})) == "invalid config: both tls-cert-file and tls-key-file must be provided");
}

TEST_CASE("ACME is refused when it would be active") {
    const std::string text =
        "invalid config: letsencrypt: obtaining certificates by ACME is not supported; give --tls-cert-file and "
        "--tls-key-file, or end TLS at the load balancer";
    CHECK(refused(with_basics({"-d", "/acme", "-a", "r.example"})) == text);
    CHECK(refused(with_basics({"--letsencrypt-aws-route53"})) == text);
    CHECK_FALSE(loaded(with_basics({"-d", "/acme", "--letsencrypt-email", "a@b"})).tls.enabled());
}

TEST_CASE("STUN ports") {
    CHECK(refused(with_basics({"--enable-stun", "--stun-ports="})) ==
          "invalid config: --stun-ports is required when --enable-stun is set");
    CHECK(refused(with_basics({"--enable-stun", "--stun-ports", "0"})) ==
          "invalid config: invalid STUN port 0: must be between 1 and 65535");
    CHECK(refused(with_basics({"--enable-stun", "--stun-ports", "1,65536"})) ==
          "invalid config: invalid STUN port 65536: must be between 1 and 65535");
    CHECK(refused(with_basics({"--enable-stun", "--stun-ports", "7,8,7"})) == "invalid config: duplicate STUN port 7");
    CHECK(refused(with_basics({"--enable-stun", "--stun-log-level", "loud"})) ==
          "invalid config: stun-log-level: not a valid log level: \"loud\" (use panic, fatal, error, warn, info, debug "
          "or trace)");
    CHECK_FALSE(loaded(with_basics({"--stun-ports", "7,7"})).stun);
}

TEST_CASE("an invalid trusted proxy prevents the start") {
    CHECK(refused(with_basics({"--trusted-proxies", "10.0.0.0/8,lb.example"})) ==
          "invalid config: trusted-proxies: \"lb.example\" is neither an address nor a CIDR");
    CHECK(refused(basics, variables({{"NB_TRUSTED_PROXIES", "10.0.0.0/40"}})) ==
          "invalid config: trusted-proxies: \"10.0.0.0/40\" is neither an address nor a CIDR");
}

TEST_CASE("other addresses") {
    CHECK(refused(with_basics({"-l", "443"})) ==
          "invalid config: listen-address: \"443\" is not an address such as :443, 0.0.0.0:443 or [::1]:443");
    CHECK(refused(with_basics({"-H", "x"})) ==
          "invalid config: health-listen-address: \"x\" is not an address such as :443, 0.0.0.0:443 or [::1]:443");
    CHECK(refused(with_basics({"--metrics-port", "70000"})) ==
          "invalid config: invalid metrics-port value 70000: must be between 0 and 65535");
    CHECK_FALSE(loaded(with_basics({"--health-listen-address="})).health);
    CHECK(refused(with_basics({"--log-level", "loud"})) ==
          "invalid config: not a valid log level: \"loud\" (use panic, fatal, error, warn, info, debug or trace)");
}

TEST_CASE("no text repeats the secret") {
    CHECK(refused({"-s", "two", "words"}) == "unexpected argument (a value with blanks needs quotes)");
    CHECK(refused({"--auht-secret=hunter2"}) == "unknown flag: --auht-secret (did you mean --auth-secret?)");
    CHECK(refused({"-S=hunter2"}) == "unknown flag: -S");
}

TEST_CASE("the help text of the relay") {
    const auto text = usage_relay();
    CHECK(text.find("  -l, --listen-address text") != std::string::npos);
    CHECK(text.find("(default :443) [NB_LISTEN_ADDRESS]") != std::string::npos);
    CHECK(text.find("      --enable-stun ") != std::string::npos);
    CHECK(text.find("NB_RELAY_HC_ATTEMPT_THRESHOLD") != std::string::npos);
}
