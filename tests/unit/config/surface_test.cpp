// Every flag and variable of the separate images and of the Management process, with what it does here: the lists of
// signal-relay-stun §1.10 and §2.19 and config-ops §3 and §4, one line per name.
#include <algorithm>
#include <functional>

#include "config/load.hpp"
#include "environment_stub.hpp"
#include "tests/catch.hpp"

using namespace rookery::config;
using namespace rookery::config::test;
using namespace std::chrono_literals;

namespace {

using Table = std::map<std::string, std::string>;

struct Row {
    std::string flag;      // without dashes; empty: a variable only
    std::string variable;  // empty: a flag only
    std::string value;
    std::function<bool(const Config&)> effect;  // unset: refused with `refusal`
    std::string refusal;
    Lines with;  // further arguments
};

Row works(std::string flag, std::string variable, std::string value, std::function<bool(const Config&)> effect,
          Lines with = {}) {
    return {std::move(flag), std::move(variable), std::move(value), std::move(effect), "", std::move(with)};
}

Row refuses(std::string flag, std::string variable, std::string value, std::string refusal, Lines with = {}) {
    return {std::move(flag), std::move(variable), std::move(value), {}, std::move(refusal), std::move(with)};
}

using Load = std::function<Loaded<Config>(const Lines&, const Environment&)>;

void check(const Row& row, const Loaded<Config>& loaded) {
    if (row.effect) {
        REQUIRE((loaded ? "" : loaded.error().message) == "");
        CHECK(row.effect(*loaded));
        CHECK(loaded->warnings.empty());
    } else {
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().message.find(row.refusal) != std::string::npos);
    }
}

// By flag, and by variable if it has one. `basics`: variables without which nothing starts.
void check_rows(const std::vector<Row>& rows, const Table& basics, const Load& load) {
    REQUIRE(load({}, variables(basics)));
    for (const auto& row : rows) {
        INFO(row.flag << " " << row.variable);
        if (!row.variable.empty()) {
            auto table = basics;
            table[row.variable] = row.value;
            check(row, load(row.with, variables(table)));
        }
        if (!row.flag.empty()) {
            auto arguments = row.with;
            arguments.push_back("--" + row.flag + "=" + row.value);
            check(row, load(arguments, variables(basics)));
        }
    }
}

bool has(const Lines& lines, const std::string& text) {
    return std::any_of(lines.begin(), lines.end(), [&](const auto& l) { return l.find(text) != std::string::npos; });
}

bool changes_nothing(const Config& config) {
    return config.warnings.empty();
}

std::function<bool(const Config&)> noted(const std::string& name) {
    return [name](const Config& c) { return has(c.notes, name); };
}

bool at_debug(const Config& config) {
    return config.logging.levels[LogComponent::signal] == LogLevel::debug &&
           config.logging.levels[LogComponent::relay] == LogLevel::debug;
}

bool stun_at_debug(const Config& config) {
    return config.logging.levels[LogComponent::stun] == LogLevel::debug &&
           config.logging.levels[LogComponent::relay] == LogLevel::info;
}

const std::string no_acme = "obtaining certificates by ACME is not supported";

}  // namespace

TEST_CASE("every flag and variable of the Signal image") {
    check_rows(
        {
            works("port", "NB_PORT", "10443",
                  [](const auto& c) {
                      return c.listen == Endpoint{"", 10443};
                  }),
            works("metrics-port", "NB_METRICS_PORT", "9191",
                  [](const auto& c) { return c.metrics->endpoint.port == 9191 && c.metrics->asked_for; }),
            refuses("letsencrypt-domain", "NB_LETSENCRYPT_DOMAIN", "s.example", no_acme),
            works("letsencrypt-email", "NB_LETSENCRYPT_EMAIL", "a@b.example", changes_nothing),
            works("letsencrypt-data-dir", "NB_LETSENCRYPT_DATA_DIR", "/acme", changes_nothing),
            works("ssl-dir", "NB_SSL_DIR", "/acme", changes_nothing),
            works("cert-file", "NB_CERT_FILE", "chain.pem",
                  [](const auto& c) { return c.tls.cert_file == "chain.pem" && c.listen.port == 443; },
                  {"--cert-key", "k"}),
            works("cert-key", "NB_CERT_KEY", "key.pem", [](const auto& c) { return c.tls.key_file == "key.pem"; },
                  {"--cert-file", "c"}),
            works("log-level", "NB_LOG_LEVEL", "debug", at_debug),
            works("log-file", "NB_LOG_FILE", "/tmp/s.log",
                  [](const auto& c) { return c.logging.file == "/tmp/s.log"; }),
            works("", "NB_SIGNAL_SEND_TIMEOUT", "3s", [](const auto& c) { return c.signal->send_timeout == 3s; }),
            works("", "NB_PPROF_ADDR", ":6060", noted("NB_PPROF_ADDR")),
            works("", "NB_LOG_FORMAT", "json", [](const auto& c) { return c.logging.format == LogFormat::json; }),
            works("", "NB_LOG_DISABLE_ROTATION", "true", [](const auto& c) { return c.logging.max_megabytes == 0; }),
            works("", "NB_LOG_MAX_SIZE_MB", "3", [](const auto& c) { return c.logging.max_megabytes == 3; }),
            works("", "NB_LICENSE_KEY", "abc", noted("NB_LICENSE_KEY")),
            refuses("", "SINGLE_NODE_MODE", "false", "NATS_ENDPOINTS environment variable not set"),
        },
        {}, load_signal);
    const auto ha =
        load_signal({}, variables({{"SINGLE_NODE_MODE", "false"}, {"NATS_ENDPOINTS", "nats://a, nats://b"}}));
    REQUIRE(ha);
    CHECK(ha->signal->nats);
    CHECK(ha->signal->nats->endpoints == std::vector<Secret>{Secret("nats://a"), Secret("nats://b")});
}

TEST_CASE("every flag and variable of the Relay image") {
    const Lines stun{"--enable-stun"};
    check_rows(
        {
            works("listen-address", "NB_LISTEN_ADDRESS", "[2001:db8::1]:8443",
                  [](const auto& c) {
                      return c.listen == Endpoint{"2001:db8::1", 8443};
                  }),
            works("exposed-address", "NB_EXPOSED_ADDRESS", "rels://[2001:db8::1]:443",
                  [](const auto& c) { return c.relay->exposed_url == "rels://[2001:db8::1]:443"; }),
            works("auth-secret", "NB_AUTH_SECRET", "other",
                  [](const auto& c) { return c.relay->auth_secret.reveal() == "other"; }),
            works("metrics-port", "NB_METRICS_PORT", "9191",
                  [](const auto& c) { return c.metrics->endpoint.port == 9191 && c.metrics->asked_for; }),
            works("health-listen-address", "NB_HEALTH_LISTEN_ADDRESS", "[::1]:9001",
                  [](const auto& c) {
                      return c.health->endpoint == Endpoint{"::1", 9001} && c.health->asked_for;
                  }),
            works("tls-cert-file", "NB_TLS_CERT_FILE", "c.pem",
                  [](const auto& c) { return c.tls.cert_file == "c.pem"; }, {"-k", "k"}),
            works("tls-key-file", "NB_TLS_KEY_FILE", "k.pem", [](const auto& c) { return c.tls.key_file == "k.pem"; },
                  {"-c", "c"}),
            works("letsencrypt-data-dir", "NB_LETSENCRYPT_DATA_DIR", "/acme", changes_nothing),
            refuses("letsencrypt-data-dir", "NB_LETSENCRYPT_DATA_DIR", "/acme", no_acme, {"-a", "r.example"}),
            refuses("letsencrypt-domains", "NB_LETSENCRYPT_DOMAINS", "r.example,s.example", no_acme, {"-d", "/acme"}),
            works("letsencrypt-email", "NB_LETSENCRYPT_EMAIL", "a@b.example", changes_nothing),
            refuses("letsencrypt-aws-route53", "NB_LETSENCRYPT_AWS_ROUTE53", "true", no_acme),
            works("trusted-proxies", "NB_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::/32,192.0.2.1,2001:db8::1",
                  [](const auto& c) {
                      return c.relay->trusted_proxies ==
                             Lines{"10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32", "2001:db8::1/128"};
                  }),
            works("enable-stun", "NB_ENABLE_STUN", "true",
                  [](const auto& c) { return c.stun && c.stun->ports == std::vector<std::uint16_t>{3478}; }),
            works(
                "stun-ports", "NB_STUN_PORTS", "3479,3480",
                [](const auto& c) {
                    return c.stun->ports == std::vector<std::uint16_t>{3479, 3480};
                },
                stun),
            works("stun-log-level", "NB_STUN_LOG_LEVEL", "debug", stun_at_debug, stun),
            works("log-level", "NB_LOG_LEVEL", "debug", at_debug),
            works("log-file", "NB_LOG_FILE", "syslog", [](const auto& c) { return c.logging.file == "syslog"; }),
            works("", "NB_RELAY_HC_ATTEMPT_THRESHOLD", "3",
                  [](const auto& c) { return c.relay->health_check_attempts == 3; }),
            works("", "NB_LOG_FORMAT", "json", [](const auto& c) { return c.logging.format == LogFormat::json; }),
            works("", "NB_LOG_DISABLE_ROTATION", "true", [](const auto& c) { return c.logging.max_megabytes == 0; }),
            works("", "NB_PPROF_ADDR", ":6060", noted("NB_PPROF_ADDR")),
        },
        {{"NB_EXPOSED_ADDRESS", "rels://r"}, {"NB_AUTH_SECRET", "s"}}, load_relay);
}

TEST_CASE("every flag of the Management image") {
    const auto with = [](auto change) {
        ServeOptions options;
        options.exposed_address = "http://m.example:33080";
        options.data_dir = "/var/lib/netbird";
        change(options);
        return load_management(options, no_variables);
    };
    const auto config = with([](ServeOptions& o) {
        o.port = 8443;
        o.metrics_port = 9191;
        o.dns_domain = "corp.example";
        o.disable_legacy_port = true;
        o.without_effect = {"--disable-geolite-update"};
        o.log_file = "syslog";
    });
    REQUIRE(config);
    CHECK(config->listen == Endpoint{"", 8443});
    CHECK(config->metrics->endpoint.port == 9191);
    CHECK(config->metrics->asked_for);
    CHECK(config->management->dns_domain == "corp.example");
    CHECK_FALSE(config->management->legacy);
    CHECK(config->management->store.file == "/var/lib/netbird/store.db");
    CHECK(config->logging.file == "syslog");
    CHECK(has(config->notes, "--disable-geolite-update has no effect"));
    CHECK_FALSE(config->signal);
    CHECK_FALSE(config->relay);

    const auto secured = with([](ServeOptions& o) {
        o.exposed_address = "https://m.example";
        o.cert_file = "c";
        o.cert_key = "k";
    });
    REQUIRE(secured);
    CHECK(secured->tls.cert_file == "c");
    CHECK(secured->tls.key_file == "k");

    const auto listen_wins = with([](ServeOptions& o) {
        o.port = 1;
        o.listen = "[::1]:2";
    });
    CHECK(listen_wins->listen == Endpoint{"::1", 2});

    const auto refusal = [&](auto change) { return with(change).error().message; };
    CHECK(refusal([](ServeOptions& o) { o.letsencrypt_domain = "m.example"; }).find(no_acme) != std::string::npos);
    CHECK(refusal([](ServeOptions& o) { o.disable_single_account_mode = true; }).find("one account") !=
          std::string::npos);
    CHECK(refusal([](ServeOptions& o) { o.port = 70000; }).find("--port") != std::string::npos);
    CHECK(refusal([](ServeOptions& o) { o.cert_file = "c"; }) != "");
}

TEST_CASE("every variable of the Management process") {
    const auto load = [](const std::string& name, const std::string& value) {
        ServeOptions options;
        options.exposed_address = "http://m.example:33080";
        options.data_dir = "/var/lib/netbird";
        auto config = load_serve(options, variables({{name, value}}));
        INFO(name);
        REQUIRE(config);
        return *config;
    };
    SECTION("read") {
        CHECK(load("NB_STORE_ENGINE_SQLITE_FILE", "x.db").management->store.file == "/var/lib/netbird/x.db");
        CHECK(load("NB_ACTIVITY_EVENT_SQLITE_FILE", "y.db").management->activity_store.file == "/var/lib/netbird/y.db");
        CHECK(load("NB_ACTIVITY_EVENT_STORE_ENGINE", "sqlite").warnings.empty());
        CHECK(load("NB_MAX_CONCURRENT_SYNCS", "7").management->max_concurrent_syncs == 7);
        CHECK(load("NB_SETUP_PAT_ENABLED", "true").management->setup_pat_enabled);
        CHECK(load("NB_SIGNAL_SEND_TIMEOUT", "3s").signal->send_timeout == 3s);
        CHECK(load("NB_RELAY_HC_ATTEMPT_THRESHOLD", "4").relay->health_check_attempts == 4);
        CHECK(load("NB_LOG_FORMAT", "json").logging.format == LogFormat::json);
        CHECK(load("NB_LOG_MAX_SIZE_MB", "3").logging.max_megabytes == 3);
        CHECK(load("NB_LOG_DISABLE_ROTATION", "1").logging.max_megabytes == 0);
    }
    SECTION("read only with PostgreSQL") {
        for (const auto* name :
             {"NB_STORE_ENGINE_POSTGRES_DSN", "NETBIRD_STORE_ENGINE_POSTGRES_DSN", "NB_ACTIVITY_EVENT_POSTGRES_DSN"})
            CHECK(load(name, "postgres://db").warnings.empty());
    }
    SECTION("accepted, nothing to tune") {
        for (const std::string name :
             {"NB_SQL_MAX_OPEN_CONNS", "NB_STORE_TRANSACTION_TIMEOUT", "NB_GET_ACCOUNT_BUFFER_INTERVAL",
              "NB_PEER_UPDATE_INTERVAL_MS", "NB_PEER_UPDATE_STARTUP_PERIOD_S", "NB_DISABLE_GEOLOCATION",
              "NETBIRD_METRICS_INTERVAL_IN_SECONDS", "NB_PPROF_ADDR", "GRPC_GO_LOG_SEVERITY_LEVEL",
              "GRPC_GO_LOG_VERBOSITY_LEVEL", "NB_LICENSE_KEY", "NETBIRD_LICENSE_SERVER_BASE_URL"}) {
            const auto config = load(name, "1");
            INFO(name);
            CHECK(has(config.notes, name));
            CHECK(config.warnings.empty());
        }
    }
    SECTION("what it asks for is not in this version: it is said so") {
        for (const std::string name :
             {"NB_STORE_ENGINE_MYSQL_DSN", "NETBIRD_STORE_ENGINE_MYSQL_DSN", "NB_CACHE_REDIS_ADDRESS",
              "NB_IDP_CACHE_REDIS_ADDRESS", "NB_LOG_BLOCKED_PEERS", "NB_BLOCK_SAME_PEERS",
              "NB_EVENT_ACTIVITY_LOG_ENABLED", "NB_API_RATE_LIMITING_ENABLED", "NB_API_RATE_LIMITING_RPM",
              "NB_API_RATE_LIMITING_BURST", "NB_PROXY_PORT_MIN", "NB_PROXY_PORT_MAX", "NB_PROXY_SNAPSHOT_BATCH_SIZE",
              "NB_IDP_SESSION_COOKIE_ENCRYPTION_KEY", "NB_IDP_TIMEOUT", "NB_IDP_CACHE_WARMUP_DELAY"}) {
            const auto config = load(name, "1");
            REQUIRE(config.warnings.size() == 1);
            CHECK(config.warnings[0] ==
                  "environment variable " + name + " has no effect: this version does not have what it configures");
        }
    }
}

TEST_CASE("unknown names, with the one that was meant") {
    CHECK(load_signal({"--prot", "1"}, no_variables).error().message == "unknown flag: --prot (did you mean --port?)");
    CHECK(load_relay({"--exposed-adress=x"}, no_variables).error().message ==
          "unknown flag: --exposed-adress (did you mean --exposed-address?)");

    const auto config = load_signal({}, variables({{"NB_SIGNAL_SEND_TIMOUT", "3s"},
                                                   {"NB_SOMETHING_ELSE_ENTIRELY", "1"},
                                                   {"NB_PORTT", ""},
                                                   {"HOME", "/root"}}));
    REQUIRE(config);
    CHECK(config->warnings == Lines{"environment variable NB_SIGNAL_SEND_TIMOUT is unknown and ignored (did you mean "
                                    "NB_SIGNAL_SEND_TIMEOUT?)"});
    CHECK(config->notes == Lines{"environment variable NB_SOMETHING_ELSE_ENTIRELY is unknown and ignored"});
}
