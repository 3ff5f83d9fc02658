#include <chrono>
#include <filesystem>

#include "config/endpoint.hpp"
#include "config/load.hpp"
#include "config/machine.hpp"
#include "config/quick_start.hpp"
#include "environment_stub.hpp"
#include "temporary_file.hpp"
#include "tests/catch.hpp"

using namespace rookery::config;
using namespace rookery::config::test;
using namespace std::chrono_literals;

namespace {

const std::string spoofing =
    "TrustedPeers are configured to default value '0.0.0.0/0', '::/0'. This allows connection IP spoofing.";

tl::expected<Config, LoadError> load_text(const std::string& text, const Environment& environment,
                                          ServeOptions options = {}, bool all_roles = true) {
    const TemporaryFile file(text);
    options.config_file = file.path();
    return all_roles ? load_serve(options, environment) : load_management(options, environment);
}

Config loaded(const std::string& text, const Environment& environment = no_variables, ServeOptions options = {}) {
    auto config = load_text(text, environment, std::move(options));
    if (!config) FAIL(config.error().message);
    return *config;
}

Config loaded_management(const std::string& text) {
    auto config = load_text(text, no_variables, {}, false);
    if (!config) FAIL(config.error().message);
    return *config;
}

std::string refused(const std::string& text, const Environment& environment = no_variables, ServeOptions options = {}) {
    const auto config = load_text(text, environment, std::move(options));
    REQUIRE_FALSE(config);
    return config.error().message;
}

// The smallest file that starts, plus lines below `server:`.
std::string server(const std::string& lines = "") {
    return "server:\n  exposedAddress: https://a.example:443\n  authSecret: s\n  reverseProxy:\n    trustedPeers: "
           "[10.0.0.0/8]\n" +
           lines;
}

Config started_without_file(ServeOptions options) {
    auto config = load_serve(options, no_variables);
    if (!config) FAIL(config.error().message);
    return *config;
}

}  // namespace

TEST_CASE("the HA guide's file") {
    ServeOptions options;
    options.config_file = TEST_DATA "/config/seed.yaml";
    options.strict = true;
    const auto config = load_serve(options, no_variables);
    REQUIRE(config);
    CHECK(config->listen == Endpoint{"", 443});
    CHECK_FALSE(config->signal);
    CHECK_FALSE(config->relay);
    CHECK_FALSE(config->stun);
    CHECK(config->warnings == Lines{spoofing, "traffic flow disabled: this version does not have it"});
    REQUIRE(config->management);
    const auto& management = *config->management;
    CHECK(management.exposed_url == "https://netbird.example.com:443");
    CHECK(management.signal_uri == "signal.example.com:443");
    CHECK(management.signal_tls);
    CHECK(management.relay_urls == Lines{"rels://relay.example.com:443"});
    CHECK(management.relay_secret.reveal() == "relay-secret");
    CHECK(management.relay_token_ttl == 24h);
    REQUIRE(management.stuns.size() == 2);
    CHECK(management.stuns[1].uri == "stun:relay-2.example.com:3478");
    CHECK(management.stuns[1].protocol == "udp");
    CHECK(management.auth_issuer == "https://netbird.example.com/oauth2");
    CHECK(management.ha_enabled);
    CHECK(management.store.engine == StoreEngine::postgres);
    CHECK(management.activity_store.engine == StoreEngine::postgres);
    CHECK(management.auth_store.engine == StoreEngine::postgres);
    CHECK(management.activity_store.dsn.reveal().find("dbname=netbird_events") != std::string::npos);
    CHECK_FALSE(management.encryption_key.empty());
    CHECK(management.data_dir == "/var/lib/netbird/");
}

TEST_CASE("all roles from a small file") {
    const auto config = loaded(server());
    CHECK(config.command == "serve");
    CHECK(config.listen == Endpoint{"", 443});
    CHECK(config.metrics->endpoint == Endpoint{"", 9090});
    CHECK_FALSE(config.metrics->asked_for);
    CHECK(config.health->endpoint == Endpoint{"", 9000});
    CHECK_FALSE(config.health->asked_for);
    CHECK(config.data_dir == "/var/lib/netbird/");
    CHECK(config.warnings.empty());
    CHECK(config.notes.empty());
    CHECK(config.signal->legacy->endpoint == Endpoint{"", 10000});
    CHECK(config.relay->exposed_url == "rels://a.example:443");
    CHECK(config.relay->auth_secret.reveal() == "s");
    CHECK(config.relay->trusted_proxies.empty());
    CHECK(config.stun->ports == std::vector<std::uint16_t>{3478});
    CHECK(config.logging.levels[LogComponent::stun] == LogLevel::info);
    const auto& management = *config.management;
    CHECK(management.legacy->endpoint == Endpoint{"", 33073});
    CHECK_FALSE(management.legacy->asked_for);
    CHECK(management.dns_domain == "netbird.selfhosted");
    CHECK(management.signal_uri == "a.example:443");
    CHECK(management.signal_tls);
    CHECK(management.relay_urls == Lines{"rels://a.example:443"});
    CHECK(management.relay_secret.reveal() == "s");
    CHECK(management.relay_token_ttl == 12h);
    REQUIRE(management.stuns.size() == 1);
    CHECK(management.stuns[0].uri == "stun:a.example:3478");
    CHECK(management.stuns[0].protocol == "udp");
    CHECK(management.store.engine == StoreEngine::sqlite);
    CHECK(management.store.file == "/var/lib/netbird/store.db");
    CHECK(management.activity_store.file == "/var/lib/netbird/events.db");
    CHECK(management.auth_store.file == "/var/lib/netbird/idp.db");
    CHECK(management.trusted_peers == Lines{"10.0.0.0/8"});
    CHECK(management.max_concurrent_syncs == 1000);
    CHECK_FALSE(management.setup_pat_enabled);
    CHECK_FALSE(management.ha_enabled);
}

TEST_CASE("cleartext and a port of its own") {
    const auto config = loaded(
        "server: {exposedAddress: 'http://[2001:db8::1]:8080', authSecret: s, listenAddress: '127.0.0.1:8080', "
        "stunPorts: [3478, 3479]}");
    CHECK(config.listen == Endpoint{"127.0.0.1", 8080});
    CHECK(config.signal->legacy->endpoint == Endpoint{"127.0.0.1", 10000});
    CHECK(config.relay->exposed_url == "rel://[2001:db8::1]:8080");
    CHECK(config.management->signal_uri == "[2001:db8::1]:8080");
    CHECK_FALSE(config.management->signal_tls);
    CHECK(config.management->stuns.at(1).uri == "stun:[2001:db8::1]:3479");
    CHECK(config.management->auth_issuer == "http://[2001:db8::1]:8080/oauth2");
    CHECK(config.warnings == Lines{spoofing});
}

TEST_CASE("flags override the file") {
    ServeOptions options;
    options.listen = "127.0.0.1:8443";
    options.exposed_address = "b.example:8443";
    options.data_dir = "/other";
    options.log_level = "trace";
    options.log_file = "/tmp/log";
    const auto config = loaded(server("  listenAddress: ':1'\n  dataDir: /data\n  logLevel: warn\n  logFile: syslog\n"),
                               no_variables, options);
    CHECK(config.listen == Endpoint{"127.0.0.1", 8443});
    CHECK(config.management->exposed_url == "https://b.example:8443");
    CHECK(config.data_dir == "/other");
    CHECK(config.management->data_dir == "/other");
    CHECK(config.management->store.file == "/other/store.db");
    CHECK(config.logging.levels[LogComponent::node] == LogLevel::trace);
    CHECK(config.logging.file == "/tmp/log");

    const auto plain = loaded(server("  logLevel: warning\n  logFile: syslog\n"));
    CHECK(plain.logging.levels[LogComponent::node] == LogLevel::warn);
    CHECK(plain.logging.file == "syslog");
    CHECK(plain.logging.levels[LogComponent::stun] == LogLevel::warn);
}

TEST_CASE("errors name the flag or the key") {
    ServeOptions options;
    options.listen = "x";
    CHECK(refused(server(), no_variables, options) ==
          "--listen: \"x\" is not an address such as :443, 0.0.0.0:443 or [::1]:443");
    options = {};
    options.exposed_address = "https://a/x";
    CHECK(refused(server(), no_variables, options) == "--exposed-address \"https://a/x\" must not have a path");
    options = {};
    options.data_dir = "";
    CHECK(refused(server(), no_variables, options) == "--data-dir is empty");
    options = {};
    options.log_level = "loud";
    CHECK(refused(server(), no_variables, options).find("not a valid log level: \"loud\"") == 0);

    CHECK(refused("server: {}") == "server.exposedAddress is required");
    CHECK(refused("") == "server.exposedAddress is required");
    CHECK(refused("server: {exposedAddress: 'https://a/x'}") ==
          "server.exposedAddress \"https://a/x\" must not have a path");
    CHECK(refused(server("  dataDir: ''\n")) == "server.dataDir is required");
    CHECK(refused(server("  listenAddress: x\n")) ==
          "server.listenAddress: \"x\" is not an address such as :443, 0.0.0.0:443 or [::1]:443");
    CHECK(refused(server("  healthcheckAddress: x\n")) ==
          "server.healthcheckAddress: \"x\" is not an address such as :443, 0.0.0.0:443 or [::1]:443");
    CHECK(refused(server("  metricsPort: 70000\n")) ==
          "invalid server.metricsPort value 70000: must be between 0 and 65535");
    CHECK(refused(server("  logLevel: loud\n")).find("not a valid log level: \"loud\"") == 0);
    CHECK(refused(server("  signalUri: 'https://s/x'\n")) == "server.signalUri \"https://s/x\" must not have a path");
    CHECK(refused(server("  stuns: [{proto: udp}]\n")) == "server.stuns[0].uri is required");
}

TEST_CASE("STUN ports of the file") {
    CHECK(refused(server("  stunPorts: [0]\n")) == "invalid server.stunPorts value 0: must be between 1 and 65535");
    CHECK(refused(server("  stunPorts: [65536]\n")) ==
          "invalid server.stunPorts value 65536: must be between 1 and 65535");
    CHECK(refused(server("  stunPorts: [7, 8, 7]\n")) == "duplicate STUN port 7 in server.stunPorts");
}

TEST_CASE("side ports that are asked for") {
    const auto config = loaded(server("  metricsPort: 9191\n  healthcheckAddress: '127.0.0.1:9001'\n"));
    CHECK(config.metrics->endpoint == Endpoint{"", 9191});
    CHECK(config.metrics->asked_for);
    CHECK(config.health->endpoint == Endpoint{"127.0.0.1", 9001});
    CHECK(config.health->asked_for);
    CHECK_FALSE(loaded(server("  healthcheckAddress: ''\n")).health);
}

TEST_CASE("a local relay needs a secret") {
    CHECK(refused("server: {exposedAddress: a}") == "server.authSecret is required when running local relay");
    const auto both = loaded(server("  relays: {secret: rs}\n"));
    CHECK(both.management->relay_secret.reveal() == "rs");
    CHECK(both.relay->auth_secret == both.management->relay_secret);
}

TEST_CASE("roles that the file places elsewhere") {
    const auto signal = loaded(server("  signalUri: 'http://s.example:10000'\n"));
    CHECK_FALSE(signal.signal);
    CHECK(signal.relay);
    CHECK(signal.management->signal_uri == "s.example:10000");
    CHECK_FALSE(signal.management->signal_tls);

    const auto stuns =
        loaded(server("  stuns: [{uri: 'stun:x:1'}, {uri: 'TURNS:y:2'}, {uri: 'stun:z:3', proto: TCP}]\n"));
    CHECK(stuns.relay);
    CHECK_FALSE(stuns.stun);
    CHECK(stuns.management->stuns.at(0).protocol == "udp");
    CHECK(stuns.management->stuns.at(1).protocol == "dtls");
    CHECK(stuns.management->stuns.at(2).protocol == "tcp");
    CHECK(stuns.warnings.empty());

    const auto relays = loaded(server("  relays: {addresses: ['rels://r:443', 'rel://q']}\n"));
    CHECK(relays.signal);
    CHECK_FALSE(relays.relay);
    CHECK_FALSE(relays.stun);
    CHECK(relays.management->relay_urls == Lines{"rels://r:443", "rel://q"});
    CHECK(relays.management->stuns.empty());
    CHECK(relays.warnings ==
          Lines{"server.stuns is empty and this process runs no STUN server: agents are told no STUN server"});
}

TEST_CASE("settings that start but deserve a word") {
    CHECK(loaded(server("  stuns: [{uri: 'stuns:x', proto: sctp}]\n")).warnings ==
          Lines{"server.stuns: proto \"sctp\" of stuns:x is unknown: dtls is used"});
    CHECK(
        loaded("server: {exposedAddress: a, relays: {addresses: [r.example]}, stuns: [{uri: 'stun:x'}], reverseProxy: "
               "{trustedPeers: [::/0]}}")
            .warnings == Lines{"server.relays.addresses: \"r.example\" does not start with rels:// or rel://",
                               "server.relays.secret is empty: relays will refuse agents' tokens"});
    CHECK(loaded(server("  trafficFlow: {enabled: true}\n")).warnings ==
          Lines{"traffic flow disabled: server.store.engine is \"sqlite\" but flow requires postgres"});
    CHECK(loaded(server("  auth: {localAuthDisabled: true, owner: {email: a@b}}\n")).warnings ==
          Lines{"server.auth.localAuthDisabled has no effect in this version",
                "server.auth.owner has no effect in this version"});
    const auto slash = loaded(server("  auth: {issuer: 'https://a.example/oauth2/'}\n"));
    CHECK(slash.management->auth_issuer == "https://a.example/oauth2");
    CHECK(slash.warnings == Lines{"server.auth.issuer must not end with a slash: it is left out"});
}

TEST_CASE("TLS of the main port") {
    const auto config = loaded(server("  tls: {certFile: c.pem, keyFile: k.pem}\n"));
    CHECK(config.tls.cert_file == "c.pem");
    CHECK(config.tls.key_file == "k.pem");
    CHECK(refused(server("  tls: {certFile: c.pem}\n")) ==
          "server.tls.certFile and server.tls.keyFile must be set together");
    CHECK(
        refused(server("  tls: {letsencrypt: {enabled: true}}\n")) ==
        "server.tls.letsencrypt.enabled: obtaining certificates by ACME is not supported; set server.tls.certFile and "
        "server.tls.keyFile, or end TLS at the load balancer");
    CHECK(refused("server: {exposedAddress: 'http://a', authSecret: s, tls: {certFile: c, keyFile: k}}") ==
          "server.tls is set, so server.exposedAddress must start with https://");
}

TEST_CASE("lifetime of relay tokens") {
    CHECK(loaded(server("  relays: {credentialsTTL: 24h}\n")).management->relay_token_ttl == 24h);
    CHECK(loaded(server("  relays: {credentialsTTL: 1ms}\n")).management->relay_token_ttl == 1s);
    CHECK(refused(server("  relays: {credentialsTTL: 12}\n")) ==
          "invalid relay credentials TTL: server.relays.credentialsTTL \"12\" is not a duration such as 500ms, 90s or "
          "1h30m");
    const auto zero = loaded(server("  relays: {credentialsTTL: 0s}\n"));
    CHECK(zero.management->relay_token_ttl == 12h);
    CHECK(zero.warnings == Lines{"server.relays.credentialsTTL \"0s\" is not positive: 12h is used"});
}

TEST_CASE("the main store") {
    const auto postgres = server("  store: {engine: postgres}\n");
    CHECK(refused(postgres) == "failed to create store: NB_STORE_ENGINE_POSTGRES_DSN is not set");
    CHECK(loaded(postgres, variables({{"NETBIRD_STORE_ENGINE_POSTGRES_DSN", "old"}})).management->store.dsn.reveal() ==
          "old");
    CHECK(loaded(postgres,
                 variables({{"NETBIRD_STORE_ENGINE_POSTGRES_DSN", "old"}, {"NB_STORE_ENGINE_POSTGRES_DSN", "new"}}))
              .management->store.dsn.reveal() == "new");
    CHECK(
        loaded(server("  store: {engine: postgres, dsn: file}\n"), variables({{"NB_STORE_ENGINE_POSTGRES_DSN", "new"}}))
            .management->store.dsn.reveal() == "file");
    CHECK(loaded(server(), variables({{"NB_STORE_ENGINE_SQLITE_FILE", "x.db"}})).management->store.file ==
          "/var/lib/netbird/x.db");
    CHECK(loaded(server("  store: {file: /f.db}\n"), variables({{"NB_STORE_ENGINE_SQLITE_FILE", "x.db"}}))
              .management->store.file == "/f.db");
    CHECK(refused(server("  store: {engine: mysql}\n")) ==
          "server.store.engine \"mysql\" is not supported: use sqlite or postgres");
    CHECK(refused(server("  ha: {enabled: true}\n")) == "server.store.encryptionKey is required");
}

TEST_CASE("the activity store") {
    const auto postgres = server("  activityStore: {engine: postgres}\n");
    const std::string missing = "activityStore.dsn is required when activityStore.engine is postgres";
    CHECK(refused(postgres) == missing);
    CHECK(loaded(postgres, variables({{"NB_ACTIVITY_EVENT_POSTGRES_DSN", "d"}}))
              .management->activity_store.dsn.reveal() == "d");
    CHECK(refused(server(), variables({{"NB_ACTIVITY_EVENT_STORE_ENGINE", "postgres"}})) ==
          "NB_ACTIVITY_EVENT_POSTGRES_DSN environment variable not set");
    CHECK(refused(server(), variables({{"NB_ACTIVITY_EVENT_STORE_ENGINE", "mysql"}})) ==
          "NB_ACTIVITY_EVENT_STORE_ENGINE \"mysql\" is not supported: use sqlite or postgres");
    CHECK(loaded(server("  activityStore: {engine: sqlite}\n"),
                 variables({{"NB_ACTIVITY_EVENT_STORE_ENGINE", "postgres"}}))
              .management->activity_store.engine == StoreEngine::sqlite);
    CHECK(loaded(server(), variables({{"NB_ACTIVITY_EVENT_SQLITE_FILE", "e.db"}})).management->activity_store.file ==
          "/var/lib/netbird/e.db");
}

TEST_CASE("the auth store") {
    CHECK(refused(server("  authStore: {engine: postgres}\n")) ==
          "authStore.dsn is required when authStore.engine is postgres");
    CHECK(refused(server("  authStore: {engine: Postgres}\n")) == "unsupported IdP storage type: Postgres");
    for (const char* engine : {"sqlite3", "sqlite"}) {
        CAPTURE(engine);
        CHECK(loaded(server(std::string("  authStore: {engine: ") + engine + "}\n")).management->auth_store.engine ==
              StoreEngine::sqlite);
    }
    const std::string older = "  auth: {storage: {type: sqlite3, file: /old.db}}\n";
    CHECK(loaded(server(older)).management->auth_store.file == "/old.db");
    CHECK(loaded(server(older + "  authStore: {file: new.db}\n")).management->auth_store.file ==
          "/var/lib/netbird/new.db");
    CHECK(refused(server("  auth: {storage: {type: etcd}}\n")) == "unsupported IdP storage type: etcd");
}

TEST_CASE("trusted proxies and peers") {
    const auto config = loaded(
        "server: {exposedAddress: a, authSecret: s, reverseProxy: {trustedHTTPProxies: [10.0.0.0/8, "
        "lb], trustedHTTPProxiesCount: 2, trustedPeers: [192.0.2.1, x]}}");
    CHECK(config.management->trusted_http_proxies == Lines{"10.0.0.0/8"});
    CHECK(config.management->trusted_http_proxies_count == 2);
    CHECK(config.relay->trusted_proxies == Lines{"10.0.0.0/8"});
    CHECK(config.management->trusted_peers == Lines{"192.0.2.1/32"});
    CHECK(config.warnings == Lines{"server.reverseProxy.trustedHTTPProxies: \"lb\" is not a CIDR and is left out",
                                   "server.reverseProxy.trustedPeers: \"x\" is not a CIDR and is left out"});

    const auto unset = loaded("server: {exposedAddress: a, authSecret: s}");
    CHECK(unset.management->trusted_peers == Lines{"0.0.0.0/0", "::/0"});
    CHECK(unset.warnings == Lines{spoofing});
}

TEST_CASE("environment of the management process") {
    const auto config = loaded(server(), variables({{"NB_MAX_CONCURRENT_SYNCS", "-1"},
                                                    {"NB_SETUP_PAT_ENABLED", "true"},
                                                    {"NB_LOG_FORMAT", "json"},
                                                    {"NB_LICENSE_KEY", "abc"},
                                                    {"NETBIRD_LICENSE_SERVER_BASE_URL", "https://x"},
                                                    {"NB_SIGNAL_SEND_TIMEOUT", "3s"},
                                                    {"NB_RELAY_HC_ATTEMPT_THRESHOLD", "2"}}));
    CHECK(config.management->max_concurrent_syncs == -1);
    CHECK(config.management->setup_pat_enabled);
    CHECK(config.logging.format == LogFormat::json);
    CHECK(config.signal->send_timeout == 3s);
    CHECK(config.relay->health_check_attempts == 2);
    CHECK(config.notes == Lines{"NB_LICENSE_KEY is set and ignored: Rookery needs no licence",
                                "NETBIRD_LICENSE_SERVER_BASE_URL is set and ignored: Rookery needs no licence"});
    CHECK(config.warnings.empty());

    const auto odd = loaded(server(), variables({{"NB_MAX_CONCURRENT_SYNCS", "0"}, {"NB_SETUP_PAT_ENABLED", "maybe"}}));
    CHECK(odd.management->max_concurrent_syncs == 1000);
    CHECK_FALSE(odd.management->setup_pat_enabled);
    CHECK(odd.warnings == Lines{"environment variable NB_MAX_CONCURRENT_SYNCS ignored: \"0\" is not a usable number",
                                "environment variable NB_SETUP_PAT_ENABLED ignored: \"maybe\" is neither true nor "
                                "false"});
}

TEST_CASE("the file's own section and unknown keys reach the node's configuration") {
    const TemporaryFile file(server("  exposedAdress: x\nrookery:\n  drain: {delay: 9s}\n"));
    ServeOptions options;
    options.config_file = file.path();
    const auto config = load_serve(options, no_variables);
    REQUIRE(config);
    CHECK(config->drain.delay == 9s);
    const auto text = "unknown key server.exposedAdress in " + file.path() + " (did you mean server.exposedAddress?)";
    CHECK(config->warnings == Lines{text});
    options.strict = true;
    CHECK(load_serve(options, no_variables).error().message == text);
    options.config_file = "/nonexistent/c.yaml";
    CHECK(load_serve(options, no_variables).error().message ==
          "failed to read config file: /nonexistent/c.yaml: No such file or directory");
}

TEST_CASE("management alone carries no other role and announces the pool's address") {
    const auto config = loaded_management(server("  stuns: [{uri: 'stun:x:1'}]\n"));
    CHECK(config.command == "management");
    CHECK_FALSE(config.signal);
    CHECK_FALSE(config.relay);
    CHECK_FALSE(config.stun);
    CHECK(config.management->signal_uri == "a.example:443");
    CHECK(config.management->relay_urls == Lines{"rels://a.example:443"});
    CHECK(config.management->legacy->endpoint.port == 33073);
    CHECK(config.warnings.empty());

    const auto bare = loaded_management("server: {exposedAddress: a, reverseProxy: {trustedPeers: [::/0]}}");
    CHECK(bare.management->relay_urls.empty());
    CHECK(bare.warnings ==
          Lines{"server.relays.secret is empty: agents are told no relay",
                "server.stuns is empty and this process runs no STUN server: agents are told no STUN server"});
}

TEST_CASE("without a file: all roles, side ports on loopback, nothing to complain about") {
    const auto config = started_without_file({});
    CHECK(config.listen == Endpoint{"", 33080});
    const auto host = bracketed(first_address().value_or("127.0.0.1"));
    CHECK(config.management->exposed_url == "http://" + host + ":33080");
    CHECK(config.relay->exposed_url == "rel://" + host + ":33080");
    CHECK(config.management->relay_urls == Lines{"rel://" + host + ":33080"});
    CHECK(config.management->stuns.at(0).uri == "stun:" + host + ":3478");
    CHECK(config.metrics->endpoint == Endpoint{"127.0.0.1", 9090});
    CHECK(config.health->endpoint == Endpoint{"127.0.0.1", 9000});
    CHECK_FALSE(config.metrics->asked_for);
    CHECK_FALSE(config.health->asked_for);
    CHECK(config.signal->legacy->endpoint == Endpoint{"", 10000});
    CHECK(config.management->legacy->endpoint == Endpoint{"", 33073});
    CHECK(config.stun->ports == std::vector<std::uint16_t>{3478});
    CHECK(config.relay->auth_secret.empty());
    CHECK(config.management->encryption_key.empty());
    CHECK_FALSE(config.tls.enabled());
    CHECK(std::filesystem::path(config.data_dir).is_absolute());
    CHECK(config.supervision.count("platform") == 1);
    CHECK(config.warnings.empty());
    CHECK(config.notes.empty());
}

TEST_CASE("without a file, with flags") {
    ServeOptions options;
    options.listen = ":443";
    options.exposed_address = "https://b.example:443/";
    options.data_dir = "d";
    const auto config = started_without_file(options);
    CHECK(config.listen == Endpoint{"", 443});
    CHECK(config.management->exposed_url == "https://b.example:443");
    CHECK(config.relay->exposed_url == "rels://b.example:443");
    CHECK(config.data_dir == (std::filesystem::current_path() / "d").string());
    CHECK(config.management->store.file == (std::filesystem::current_path() / "d" / "store.db").string());
}

TEST_CASE("the quick start's address and directory") {
    const auto exposed = [](const std::string& listen, const Machine& machine) {
        ServeOptions options;
        options.listen = listen;
        const auto file = quick_start(options, machine);
        return file ? file->server.exposed_address : file.error();
    };
    const Machine machine{"192.0.2.7", false};
    CHECK(exposed(":8080", machine) == "http://192.0.2.7:8080");
    CHECK(exposed("[::]:8080", machine) == "http://192.0.2.7:8080");
    CHECK(exposed(":8080", Machine{"2001:db8::7", false}) == "http://[2001:db8::7]:8080");
    CHECK(exposed(":8080", Machine{}) == "http://127.0.0.1:8080");
    CHECK(exposed("[::1]:8080", machine) == "http://[::1]:8080");
    CHECK(exposed(":0", machine) == "--listen with port 0 needs --exposed-address");
    CHECK(exposed("x", machine) == "--listen: \"x\" is not an address such as :443, 0.0.0.0:443 or [::1]:443");
    CHECK(quick_start({}, Machine{std::nullopt, true})->server.data_dir == "/var/lib/rookery");
    CHECK(quick_start({}, machine)->server.data_dir == "rookery-data");
}
