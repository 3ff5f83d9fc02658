// `rookery serve` (all roles that the file does not place elsewhere) and `rookery management` (that role alone):
// config-ops §2 and §3.
#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "config/config_file.hpp"
#include "config/duration.hpp"
#include "config/endpoint.hpp"
#include "config/environment.hpp"
#include "config/load.hpp"
#include "config/log_level.hpp"
#include "config/machine.hpp"
#include "config/network.hpp"
#include "config/ports.hpp"
#include "config/public_address.hpp"
#include "config/quick_start.hpp"
#include "config/stores.hpp"
#include "config/text.hpp"
#include "config/variables.hpp"

namespace rookery::config {
namespace {

constexpr std::uint16_t metrics_port = 9090;
constexpr const char* health_address = ":9000";
constexpr int stun_port = 3478;

// What the steps below read. They run in the order of fill() and each may rely on what those before it have set.
struct Input {
    const ServeOptions& options;
    const Environment& environment;
    const ServerSection& server;
    const LogLevelWish& log_levels;  // rookery.log.levels
    bool all_roles;                  // serve; false: management
    bool from_file;
    PublicAddress exposed;

    bool runs_signal() const { return all_roles && server.signal_uri.empty(); }
    bool runs_relay() const { return all_roles && server.relay_addresses.empty(); }
    bool runs_stun() const { return runs_relay() && server.stuns.empty(); }
};

Done set_exposed_address(Input& input, Config& config) {
    const auto& option = input.options.exposed_address;
    const auto& text = option ? *option : input.server.exposed_address;
    if (text.empty()) return wrong("server.exposedAddress is required");
    const auto exposed = parse_public_address(text);
    if (!exposed) {
        return wrong(fmt::format("{} {}", option ? "--exposed-address" : "server.exposedAddress", exposed.error()));
    }
    input.exposed = *exposed;
    config.management = Management{};
    config.management->exposed_url = exposed->url();
    return {};
}

Done set_data_dir(Input& input, Config& config) {
    const auto& option = input.options.data_dir;
    const auto& text = option ? *option : input.server.data_dir;
    if (text.empty()) return wrong(option ? "--data-dir is empty" : "server.dataDir is required");
    config.data_dir = std::filesystem::absolute(text).lexically_normal().string();
    config.management->data_dir = config.data_dir;
    return {};
}

Done set_listen(Input& input, Config& config) {
    const auto& option = input.options.listen;
    if (input.options.port && !option) {
        const auto port = as_port("--port", *input.options.port);
        if (!port) return wrong(port.error());
        config.listen = Endpoint{"", *port};
        return {};
    }
    const auto& text = option ? *option : input.server.listen_address;
    if (text.empty()) return {};
    const auto listen = parse_endpoint(text);
    if (!listen) return wrong(fmt::format("{}: {}", option ? "--listen" : "server.listenAddress", listen.error()));
    config.listen = *listen;
    return {};
}

Done set_tls(Input& input, Config& config) {
    if (input.server.letsencrypt) {
        return wrong(
            "server.tls.letsencrypt.enabled: obtaining certificates by ACME is not supported; set server.tls.certFile "
            "and server.tls.keyFile, or end TLS at the load balancer");
    }
    if (!input.options.letsencrypt_domain.empty()) {
        return wrong(
            "--letsencrypt-domain: obtaining certificates by ACME is not supported; give --cert-file and --cert-key, "
            "or "
            "end TLS at the load balancer");
    }
    config.tls = input.server.tls;
    if (input.options.cert_file) config.tls.cert_file = *input.options.cert_file;
    if (input.options.cert_key) config.tls.key_file = *input.options.cert_key;
    if (config.tls.cert_file.empty() != config.tls.key_file.empty()) {
        return wrong("server.tls.certFile and server.tls.keyFile must be set together");
    }
    if (config.tls.enabled() && !input.exposed.tls) {
        return wrong("server.tls is set, so server.exposedAddress must start with https://");
    }
    return {};
}

Done set_side_ports(Input& input, Config& config) {
    const auto& asked = input.options.metrics_port ? input.options.metrics_port : input.server.metrics_port;
    const auto metrics =
        as_port(input.options.metrics_port ? "--metrics-port" : "server.metricsPort", asked.value_or(metrics_port));
    if (!metrics) return wrong(metrics.error());
    config.metrics = SidePort{{"", *metrics}, asked.has_value()};

    const auto health_text = input.server.healthcheck_address.value_or(health_address);
    if (!health_text.empty()) {
        const auto health = parse_endpoint(health_text);
        if (!health) return wrong(fmt::format("server.healthcheckAddress: {}", health.error()));
        config.health = SidePort{*health, input.server.healthcheck_address.has_value()};
    }
    if (!input.from_file) {  // nobody asked for these, so nobody from outside is let in
        config.metrics->endpoint.host = "127.0.0.1";
        config.health->endpoint.host = "127.0.0.1";
    }
    return {};
}

Done set_logging(Input& input, Config& config) {
    LogLevelWish from_file;
    if (!input.server.log_level.empty()) {
        const auto level = parse_log_level(input.server.log_level);
        if (!level) return wrong(level.error());
        from_file.all = *level;
    }
    from_file = merge(std::move(from_file), input.log_levels);
    if (auto set = set_log_levels(from_file, input.environment, input.options.log_level, config); !set) return set;
    const auto file = input.options.log_file.value_or(input.server.log_file);
    if (!file.empty()) config.logging.file = file;
    return {};
}

Done set_stun(Input& input, Config& config) {
    const auto asked = input.server.stun_ports.empty() ? std::vector<int>{stun_port} : input.server.stun_ports;
    const auto ports = as_stun_ports(asked);
    if (!ports) {
        const int port = ports.error().port;
        return wrong(ports.error().kind == StunPortProblem::Kind::duplicate
                         ? fmt::format("duplicate STUN port {} in server.stunPorts", port)
                         : fmt::format("invalid server.stunPorts value {}: must be between 1 and 65535", port));
    }
    if (input.runs_stun()) config.stun = Stun{*ports};
    return {};
}

// Minting and checking tokens use one secret, so a relay in this process takes the one that agents' tokens are made
// with.
Done set_relay(Input& input, Config& config) {
    auto& secret = config.management->relay_secret;
    secret = input.server.relay_secret.empty() ? input.server.auth_secret : input.server.relay_secret;
    if (!input.runs_relay()) return {};
    if (input.from_file && input.server.auth_secret.empty()) {
        return wrong("server.authSecret is required when running local relay");
    }
    config.relay = Relay{};
    config.relay->exposed_url = input.exposed.relay_url();
    config.relay->auth_secret = secret;
    env_integer(
        input.environment, "NB_RELAY_HC_ATTEMPT_THRESHOLD", config.relay->health_check_attempts,
        [](long long value) { return value >= 1; }, config.warnings);
    return {};
}

Done set_signal(Input& input, Config& config) {
    if (!input.runs_signal()) return {};
    config.signal = Signal{};
    config.signal->legacy = legacy_port(config.listen, signal_legacy_port);
    env_duration(input.environment, "NB_SIGNAL_SEND_TIMEOUT", config.signal->send_timeout, config.warnings);
    return {};
}

Done announce_signal(Input& input, Config& config) {
    auto& management = *config.management;
    if (input.server.signal_uri.empty()) {
        management.signal_uri = input.exposed.authority_with_port();
        management.signal_tls = input.exposed.tls;
        return {};
    }
    const auto address = parse_signal_uri(input.server.signal_uri);
    if (!address) return wrong(fmt::format("server.signalUri {}", address.error()));
    management.signal_uri = address->host_port;
    management.signal_tls = address->tls;
    return {};
}

Done set_relay_token_ttl(Input& input, Config& config) {
    const auto& text = input.server.relay_credentials_ttl;
    if (text.empty()) return {};
    const auto ttl = parse_duration(text);
    if (!ttl) return wrong(fmt::format("invalid relay credentials TTL: server.relays.credentialsTTL {}", ttl.error()));
    if (ttl->count() <= 0) {
        config.warnings.push_back(
            fmt::format("server.relays.credentialsTTL \"{}\" is not positive: 12h is used", text));
        return {};
    }
    config.management->relay_token_ttl = std::chrono::ceil<std::chrono::seconds>(*ttl);
    return {};
}

Done announce_relays(Input& input, Config& config) {
    auto& management = *config.management;
    const auto& addresses = input.server.relay_addresses;
    for (const auto& address : addresses) {
        if (address.compare(0, 6, "rel://") != 0 && address.compare(0, 7, "rels://") != 0) {
            config.warnings.push_back(
                fmt::format("server.relays.addresses: \"{}\" does not start with rels:// or rel://", address));
        }
    }
    if (!addresses.empty()) {
        management.relay_urls = addresses;
        if (management.relay_secret.empty()) {
            config.warnings.push_back("server.relays.secret is empty: relays will refuse agents' tokens");
        }
    } else if (config.relay || !management.relay_secret.empty()) {
        management.relay_urls = {input.exposed.relay_url()};
    } else {
        config.warnings.push_back("server.relays.secret is empty: agents are told no relay");
    }
    return {};
}

std::string stun_protocol(const StunEntry& entry, std::vector<std::string>& warnings) {
    const auto uri = lower(entry.uri);
    const bool secured = uri.compare(0, 6, "stuns:") == 0 || uri.compare(0, 6, "turns:") == 0;
    const std::string by_scheme = secured ? "dtls" : "udp";
    if (entry.proto.empty()) return by_scheme;
    constexpr std::array<std::string_view, 5> protocols{"udp", "dtls", "tcp", "http", "https"};
    auto protocol = lower(entry.proto);
    if (std::find(protocols.begin(), protocols.end(), protocol) != protocols.end()) return protocol;
    warnings.push_back(
        fmt::format("server.stuns: proto \"{}\" of {} is unknown: {} is used", entry.proto, entry.uri, by_scheme));
    return by_scheme;
}

Done announce_stuns(Input& input, Config& config) {
    auto& stuns = config.management->stuns;
    for (const auto& entry : input.server.stuns) {
        if (entry.uri.empty()) return wrong(fmt::format("server.stuns[{}].uri is required", stuns.size()));
        stuns.push_back({entry.uri, stun_protocol(entry, config.warnings), entry.username, entry.password});
    }
    if (config.stun) {
        for (const auto port : config.stun->ports) stuns.push_back({input.exposed.stun_uri(port), "udp", "", Secret()});
    }
    if (stuns.empty()) {
        config.warnings.push_back(
            "server.stuns is empty and this process runs no STUN server: agents are told no STUN server");
    }
    return {};
}

Done set_stores(Input& input, Config& config) {
    auto& management = *config.management;
    management.ha_enabled = input.server.ha_enabled;
    management.encryption_key = input.server.encryption_key;
    if (management.ha_enabled && management.encryption_key.empty()) {
        return wrong("server.store.encryptionKey is required");
    }
    return fill_stores(input.server, input.environment, management);
}

Done set_issuer(Input& input, Config& config) {
    auto& issuer = config.management->auth_issuer;
    issuer = input.server.auth_issuer.empty() ? input.exposed.issuer_base() + "/oauth2" : input.server.auth_issuer;
    if (issuer.back() == '/') {
        config.warnings.push_back("server.auth.issuer must not end with a slash: it is left out");
        while (!issuer.empty() && issuer.back() == '/') issuer.pop_back();
    }
    return {};
}

// Entries that are no network are left out: trusting less than was meant is the safe side.
std::vector<std::string> networks(const std::string& key, const std::vector<std::string>& entries,
                                  std::vector<std::string>& warnings) {
    std::vector<std::string> out;
    for (const auto& entry : entries) {
        if (auto network = parse_network(entry)) {
            out.push_back(std::move(*network));
        } else {
            warnings.push_back(fmt::format("{}: \"{}\" is not a CIDR and is left out", key, entry));
        }
    }
    return out;
}

Done set_trust(Input& input, Config& config) {
    auto& management = *config.management;
    management.trusted_http_proxies =
        networks("server.reverseProxy.trustedHTTPProxies", input.server.trusted_http_proxies, config.warnings);
    management.trusted_http_proxies_count = input.server.trusted_http_proxies_count;
    if (input.server.trusted_peers && !input.server.trusted_peers->empty()) {
        management.trusted_peers =
            networks("server.reverseProxy.trustedPeers", *input.server.trusted_peers, config.warnings);
    } else if (input.from_file) {
        management.trusted_peers = {"0.0.0.0/0", "::/0"};
        config.warnings.push_back(
            "TrustedPeers are configured to default value '0.0.0.0/0', '::/0'. This allows connection IP spoofing.");
    }
    // The relay shares the HTTP port.
    if (config.relay) config.relay->trusted_proxies = management.trusted_http_proxies;
    return {};
}

Done set_limits(Input& input, Config& config) {
    auto& management = *config.management;
    if (!input.options.disable_legacy_port) management.legacy = legacy_port(config.listen, management_legacy_port);
    if (input.options.dns_domain) management.dns_domain = *input.options.dns_domain;
    env_integer(
        input.environment, "NB_MAX_CONCURRENT_SYNCS", management.max_concurrent_syncs,
        [](long long value) { return value != 0; }, config.warnings);
    env_bool(input.environment, "NB_SETUP_PAT_ENABLED", management.setup_pat_enabled, config.warnings);
    return {};
}

// Settings whose silent absence would mislead.
Done warn_of_absent_features(Input& input, Config& config) {
    if (input.options.disable_single_account_mode) {
        return wrong("--disable-single-account-mode: this version has one account; leave the flag out");
    }
    for (const auto& flag : input.options.without_effect) {
        config.notes.push_back(fmt::format("{} has no effect in Rookery", flag));
    }
    if (input.server.traffic_flow_enabled) {
        config.warnings.push_back(
            config.management->store.engine == StoreEngine::sqlite
                ? "traffic flow disabled: server.store.engine is \"sqlite\" but flow requires postgres"
                : "traffic flow disabled: this version does not have it");
    }
    if (input.server.local_auth_disabled) {
        config.warnings.push_back("server.auth.localAuthDisabled has no effect in this version");
    }
    if (input.server.auth_owner_given) {
        config.warnings.push_back("server.auth.owner has no effect in this version");
    }
    return {};
}

Done fill(Input& input, Config& config) {
    constexpr std::array steps{&set_exposed_address,
                               &set_data_dir,
                               &set_listen,
                               &set_tls,
                               &set_side_ports,
                               &set_logging,
                               &set_stun,
                               &set_relay,
                               &set_signal,
                               &announce_signal,
                               &announce_relays,
                               &set_relay_token_ttl,
                               &announce_stuns,
                               &set_stores,
                               &set_issuer,
                               &set_trust,
                               &set_limits,
                               &warn_of_absent_features};
    for (const auto step : steps) {
        if (auto done = step(input, config); !done) return done;
    }
    return {};
}

Loaded<Config> load(const std::string& command, const ServeOptions& options, const Environment& environment) {
    const auto file = options.config_file ? read_config_file(*options.config_file, options.strict)
                                          : quick_start(options, Machine{first_address(), running_as_root()});
    if (!file) return tl::unexpected(LoadError{file.error()});

    Config config;
    config.command = command;
    config.warnings = file->warnings;
    config.supervision = file->supervision;
    config.watchdog = file->watchdog;
    config.drain = file->drain;
    Input input{
        options, environment, file->server, file->log_levels, command == "serve", options.config_file.has_value(), {}};
    if (const auto filled = fill(input, config); !filled) return tl::unexpected(LoadError{filled.error()});
    read_common_environment(environment, config);
    check_variables(environment, management_variables(), config);
    return config;
}

}  // namespace

Loaded<Config> load_serve(const ServeOptions& options, const Environment& environment) {
    return load("serve", options, environment);
}

Loaded<Config> load_management(const ServeOptions& options, const Environment& environment) {
    return load("management", options, environment);
}

}  // namespace rookery::config
