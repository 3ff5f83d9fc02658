#include "config/config_file.hpp"

#include <chrono>

#include "config/supervision.hpp"
#include "environment_stub.hpp"
#include "tests/catch.hpp"

using namespace rookery::config;
using rookery::config::test::Lines;
using namespace std::chrono_literals;

namespace {

ConfigFile parsed(const std::string& text) {
    auto file = parse_config_file(text, "f.yaml", false);
    if (!file) FAIL(file.error());
    return *file;
}

std::string refused(const std::string& text, bool strict = false) {
    const auto file = parse_config_file(text, "f.yaml", strict);
    REQUIRE_FALSE(file);
    return file.error();
}

}  // namespace

TEST_CASE("an empty file has defaults") {
    for (const char* text : {"", "server:\n", "server: ~\n", "# nothing\n"}) {
        CAPTURE(text);
        const auto file = parsed(text);
        CHECK(file.server.exposed_address.empty());
        CHECK(file.server.data_dir == "/var/lib/netbird/");
        CHECK_FALSE(file.server.metrics_port);
        CHECK(file.supervision.size() == subtrees.size());
        CHECK(file.drain.delay == 3s);
        CHECK(file.warnings.empty());
    }
}

TEST_CASE("every key of the reference is known") {
    const auto file = parsed(R"(
server:
  listenAddress: ":443"
  exposedAddress: "https://a.example:443"
  stunPorts: [3478, 3479]
  metricsPort: 9191
  healthcheckAddress: ":9001"
  logLevel: debug
  logFile: syslog
  dataDir: /data
  authSecret: s
  disableAnonymousMetrics: true
  disableGeoliteUpdate: no
  supportedSyncMessageVersions: null
  perAccountSupportedSyncMessageVersions: {c1: 0, c2: 1}
  tls:
    certFile: c.pem
    keyFile: k.pem
    letsencrypt: {enabled: false, dataDir: "", domains: [], email: "", awsRoute53: false}
  stuns:
    - {uri: "stun:a:3478", proto: udp, username: u, password: p}
  relays:
    addresses: ["rels://r:443"]
    credentialsTTL: 24h
    secret: rs
  signalUri: "https://s:443"
  auth:
    issuer: "https://a.example/oauth2"
    localAuthDisabled: false
    signKeyRefreshEnabled: true
    mfaSessionMaxLifetime: 24h
    mfaSessionIdleTimeout: 1h
    mfaSessionRememberMe: false
    sessionCookieEncryptionKey: ""
    storage: {type: sqlite3, file: /data/idp.db}
    dashboardRedirectURIs: [a]
    cliRedirectURIs: [b]
    dashboardPostLogoutRedirectURIs: [c]
    grantTypes: [authorization_code]
    owner: {email: a@b, password: x}
  store: {engine: sqlite, dsn: "", encryptionKey: k, file: store.db}
  activityStore: {engine: sqlite, dsn: "", file: events.db}
  authStore: {engine: sqlite3, dsn: "", file: idp.db}
  reverseProxy:
    trustedHTTPProxies: [10.0.0.0/8]
    trustedHTTPProxiesCount: 1
    trustedPeers: [10.0.0.1/32]
    accessLogRetentionDays: -1
    accessLogCleanupIntervalHours: 24
  agentNetwork: {pricingDefaultsFile: p.yaml}
  ha: {enabled: false, redisAddr: "redis://r", natsEndpoints: "nats://n"}
  trafficFlow: {enabled: false, address: "https://a", interval: 60s}
)");
    CHECK(file.warnings.empty());
    const auto& server = file.server;
    CHECK(server.stun_ports == std::vector<int>{3478, 3479});
    CHECK(server.metrics_port == 9191);
    CHECK(server.healthcheck_address == ":9001");
    CHECK(server.log_level == "debug");
    CHECK(server.auth_secret.reveal() == "s");
    CHECK(server.tls.cert_file == "c.pem");
    CHECK(server.stuns.at(0).username == "u");
    CHECK(server.stuns.at(0).password.reveal() == "p");
    CHECK(server.relay_addresses == Lines{"rels://r:443"});
    CHECK(server.relay_credentials_ttl == "24h");
    CHECK(server.relay_secret.reveal() == "rs");
    CHECK(server.auth_owner_given);
    CHECK(server.store.file == "store.db");
    CHECK(server.encryption_key.reveal() == "k");
    CHECK(server.trusted_http_proxies_count == 1);
    CHECK(server.trusted_peers == Lines{"10.0.0.1/32"});
}

TEST_CASE("an unknown key is one warning that names the nearest known key") {
    CHECK(parsed("server: {exposedAdress: a}").warnings ==
          Lines{"unknown key server.exposedAdress in f.yaml (did you mean server.exposedAddress?)"});
    CHECK(parsed("sever: {exposedAddress: a}").warnings == Lines{"unknown key sever in f.yaml (did you mean server?)"});
    CHECK(parsed("exposedAddress: a").warnings ==
          Lines{"unknown key exposedAddress in f.yaml (did you mean server.exposedAddress?)"});
    CHECK(parsed("server: {stuns: [{uri: a}, {url: b}]}").warnings ==
          Lines{"unknown key server.stuns[1].url in f.yaml (did you mean server.stuns[1].uri?)"});
    CHECK(parsed("server: {license: {key: a, more: b}}").warnings == Lines{"unknown key server.license in f.yaml"});
    CHECK(parsed("server: {tls: {cert: a}, ha: {nats: b}}").warnings.size() == 2);
}

TEST_CASE("an unknown key is an error when strict") {
    CHECK(refused("server: {exposedAdress: a}", true) ==
          "unknown key server.exposedAdress in f.yaml (did you mean server.exposedAddress?)");
}

TEST_CASE("what cannot be parsed is named with its place") {
    CHECK(refused("server:\n  stunPorts: [3478, x]\n") ==
          "failed to parse config file: server.stunPorts (line 2): \"x\" is not a whole number");
    CHECK(refused("server:\n  metricsPort: many\n") ==
          "failed to parse config file: server.metricsPort (line 2): \"many\" is not a whole number");
    CHECK(refused("server: {ha: {enabled: maybe}}") ==
          "failed to parse config file: server.ha.enabled (line 1): \"maybe\" is neither true nor false");
    CHECK(refused("server: {reverseProxy: {trustedHTTPProxiesCount: -1}}") ==
          "failed to parse config file: server.reverseProxy.trustedHTTPProxiesCount (line 1): \"-1\" is not a whole "
          "number from 0 up");
    CHECK(refused("server: {trafficFlow: {interval: 60}}") ==
          "failed to parse config file: server.trafficFlow.interval (line 1): \"60\" is not a duration such as 500ms, "
          "90s or 1h30m");
    CHECK(refused("server: {authSecret: [a]}") ==
          "failed to parse config file: server.authSecret (line 1): must be a single value");
    CHECK(refused("server: {relays: {addresses: a}}") ==
          "failed to parse config file: server.relays.addresses (line 1): must be a list of values");
    CHECK(refused("server: {relays: {addresses: [[a]]}}") ==
          "failed to parse config file: server.relays.addresses (line 1): must be a list of values");
    CHECK(refused("server: {stuns: a}") == "failed to parse config file: server.stuns (line 1): must be a list");
    CHECK(refused("server: {stuns: [a]}") == "failed to parse config file: server.stuns[0] (line 1) must be a mapping");
    CHECK(
        refused("server: {perAccountSupportedSyncMessageVersions: {a: b}}") ==
        "failed to parse config file: server.perAccountSupportedSyncMessageVersions (line 1): must map account ids to "
        "whole numbers");
    CHECK(refused("server: 1") == "failed to parse config file: server (line 1) must be a mapping");
    CHECK(refused("- a") == "failed to parse config file: the file (line 1) must be a mapping");
    CHECK(refused("server:\n  logLevel: a\n  logLevel: b\n") ==
          "failed to parse config file: server.logLevel (line 3) is given twice");
    CHECK(refused("server: {[a]: b}") == "failed to parse config file: server (line 1) has a key that is not text");
    CHECK(refused("server: {a: b\n").find("failed to parse config file: line 1, column ") == 0);
}

TEST_CASE("a quote that is never closed does not swallow the rest of the file") {
    CHECK(refused("server:\n  authSecret: \"hunter2\n  dataDir: /x\n").find("failed to parse config file: line ") == 0);
}

TEST_CASE("no error text repeats a secret") {
    CHECK(refused("server: {authSecret: {a: hunter2}}").find("hunter2") == std::string::npos);
    CHECK(refused("server:\n  authSecret: \"hunter2\n").find("hunter2") == std::string::npos);
}

TEST_CASE("our own section") {
    const auto file = parsed(R"(
rookery:
  drain: {delay: 0s, timeout: 20s, goodbye: 500ms}
  supervision:
    roles: {maxRestarts: 3, period: 1m, backoffFirst: 20ms, backoffMax: 2s, shutdownTimeout: 7s}
)");
    CHECK(file.drain.delay == 0ms);
    CHECK(file.drain.timeout == 20s);
    CHECK(file.drain.goodbye == 500ms);
    const auto& roles = file.supervision.at("roles");
    CHECK(roles.max_restarts == 3);
    CHECK(roles.period == 1min);
    CHECK(roles.backoff_first == 20ms);
    CHECK(roles.backoff_max == 2s);
    CHECK(roles.shutdown_timeout == 7s);
    CHECK(file.supervision.at("node").max_restarts == 10);
}

TEST_CASE("the watchdog's limits") {
    const auto preset = parsed("server: {}");
    CHECK(preset.watchdog.stuck_after == 1s);
    CHECK(preset.watchdog.stuck_after_blocking == 10s);
    const auto set = parsed("rookery: {watchdog: {stuckAfter: 200ms, stuckAfterBlocking: 1m}}");
    CHECK(set.watchdog.stuck_after == 200ms);
    CHECK(set.watchdog.stuck_after_blocking == 1min);
    CHECK(refused("rookery: {watchdog: {stuckAfter: 0s}}") ==
          "failed to parse config file: rookery.watchdog.stuckAfter (line 1): must be at least 1ms");
}

TEST_CASE("every supervisor's parameters can be set") {
    for (const auto name : subtrees) {
        const auto file = parsed("rookery: {supervision: {" + std::string(name) +
                                 ": {maxRestarts: 3, period: 1m, backoffFirst: 20ms, backoffMax: 2s, "
                                 "shutdownTimeout: 7s}}}");
        for (const auto& [other, parameters] : file.supervision) {
            CAPTURE(name, other);
            const bool set = other == name;
            CHECK(parameters.max_restarts == (set ? 3 : 10));
            CHECK(parameters.period == (set ? 60s : 10s));
            CHECK(parameters.backoff_first == (set ? 20ms : 10ms));
            CHECK(parameters.backoff_max == (set ? 2s : 5s));
            CHECK(parameters.shutdown_timeout == (set ? 7s : 5s));
        }
    }
}

TEST_CASE("our own section is always strict") {
    CHECK(refused("rookery: {drian: {delay: 1s}}") ==
          "unknown key rookery.drian in f.yaml (did you mean rookery.drain?)");
    CHECK(refused("rookery: {supervision: {role: {maxRestarts: 1}}}") ==
          "unknown key rookery.supervision.role in f.yaml (did you mean rookery.supervision.roles?)");
    CHECK(refused("rookery: {drain: {delay: -1s}}") ==
          "failed to parse config file: rookery.drain.delay (line 1): \"-1s\" must not be negative");
    CHECK(refused("rookery: {supervision: {node: {period: 0s}}}") ==
          "failed to parse config file: rookery.supervision.node.period (line 1): must be at least 1ms");
    CHECK(refused("rookery: {supervision: {node: {maxRestarts: -1}}}") ==
          "failed to parse config file: rookery.supervision.node.maxRestarts (line 1): must not be negative");
    CHECK(refused("rookery: {supervision: {node: {backoffMax: 1ms}}}") ==
          "failed to parse config file: rookery.supervision.node.backoffMax (line 1): must not be less than "
          "backoffFirst");
}

TEST_CASE("a file that cannot be read") {
    CHECK(read_config_file("/nonexistent/config.yaml", false).error() ==
          "failed to read config file: /nonexistent/config.yaml: No such file or directory");
    CHECK(read_config_file("/", false).error() == "failed to read config file: /: Is a directory");
}
