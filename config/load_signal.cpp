// `rookery signal`: config-ops §4.2, signal-relay-stun §1.7 and §1.10.
#include <fmt/format.h>

#include "config/endpoint.hpp"
#include "config/environment.hpp"
#include "config/flags.hpp"
#include "config/load.hpp"
#include "config/log_level.hpp"
#include "config/ports.hpp"
#include "config/supervision.hpp"
#include "config/text.hpp"
#include "config/variables.hpp"

namespace rookery::config {
namespace {

const FlagTable& table() {
    static const FlagTable flags{
        "signal",
        "Passes connection offers between agents.",
        {
            {"port", FlagKind::integer, 0, "", "public port (default 80, with TLS 443)", {}},
            {"metrics-port", FlagKind::integer, 0, "9090", "port of /metrics", {}},
            {"log-level",
             FlagKind::text,
             0,
             "info",
             "trace, debug, info, warn, error, fatal; of one component: info,signal=debug",
             {}},
            {"log-file", FlagKind::text, 0, "console", "console (stderr), syslog, or a path", {}},
            {"cert-file", FlagKind::text, 0, "", "TLS certificate chain, PEM", {}},
            {"cert-key", FlagKind::text, 0, "", "TLS private key, PEM", {}},
            {"letsencrypt-domain", FlagKind::text, 0, "", "not supported: use certificate files", {}},
            {"letsencrypt-email", FlagKind::text, 0, "", "no effect", {}},
            {"letsencrypt-data-dir", FlagKind::text, 0, "", "no effect", {"ssl-dir"}},
        },
        {
            {"NB_SIGNAL_SEND_TIMEOUT", "longest time to hand one message to a peer's stream (default 10s)"},
            {"SINGLE_NODE_MODE", "false: one of several signal nodes, joined by NATS (default true)"},
            {"NATS_ENDPOINTS", "NATS servers, comma-separated; required with SINGLE_NODE_MODE=false"},
            {"NATS_CREDS", "NATS credentials file"},
            {"ROOKERY_CLUSTER",
             "name of the pool; pools that share NATS servers need different ones (default default)"},
            {"ROOKERY_POOL_SECRET", "shared by the nodes of a pool: others on the NATS servers are not believed"},
            {"ROOKERY_LINK_LISTEN", "address for direct links of other nodes (default :0, the system chooses a port)"},
            {"ROOKERY_LINK_ADDRESS",
             "host or host:port at which other nodes reach that (default: the address that reaches NATS)"},
            {"NB_LOG_FORMAT", "text or json (default text)"},
            {"NB_LOG_MAX_SIZE_MB", "size at which a log file is rotated (default 15)"},
            {"NB_LOG_DISABLE_ROTATION", "true: a log file is never rotated"},
            {"ROOKERY_LOG_LEVELS", "log levels of components, e.g. signal=debug"},
            {"ROOKERY_DRAIN_DELAY", "from not ready to closed listeners, when the process is to end (default 3s)"},
            {"ROOKERY_DRAIN_TIMEOUT", "over which open sessions are ended, at most (default 5s)"},
            {"ROOKERY_DRAIN_GOODBYE", "for what is left then (default 1s)"},
            {"ROOKERY_CONTROL_SOCKET",
             "socket of `rookery status`, `drain` and `log-level`, or off (default: in /run/rookery)"},
            {"NB_LICENSE_KEY", "accepted and ignored"},
        }};
    return flags;
}

Parsed<Tls> read_tls(const FlagValues& flags) {
    if (!flags.text("letsencrypt-domain").empty()) {
        return wrong(
            "letsencrypt-domain: obtaining certificates by ACME is not supported; give --cert-file and --cert-key, or "
            "end TLS at the load balancer");
    }
    const Tls tls{flags.text("cert-file"), flags.text("cert-key")};
    if (tls.cert_file.empty() != tls.key_file.empty()) {
        return wrong("both cert-file and cert-key must be provided when not using LetsEncrypt");
    }
    return tls;
}

Done read_links(const Environment& environment, Nats& nats) {
    if (const auto listen = env_text(environment, "ROOKERY_LINK_LISTEN")) {
        const auto endpoint = parse_endpoint(*listen);
        if (!endpoint) return wrong("ROOKERY_LINK_LISTEN: " + endpoint.error());
        nats.link_listen = *endpoint;
    }
    nats.secret = Secret(env_text(environment, "ROOKERY_POOL_SECRET").value_or(""));
    nats.link_address = env_text(environment, "ROOKERY_LINK_ADDRESS").value_or("");
    if (!nats.link_address.empty() && !split_host_port(nats.link_address))
        return wrong(fmt::format("ROOKERY_LINK_ADDRESS: \"{}\" is no address: use host or host:port, [::1]:port",
                                 nats.link_address));
    return {};
}

// The operator of a plain single node, who has set neither variable, is told nothing. One who has touched either
// gets the line the HA guide names, because it is the line its troubleshooting section looks for.
Done read_cluster(const Environment& environment, Signal& signal, std::vector<std::string>& warnings) {
    constexpr const char* no_endpoints = "NATS_ENDPOINTS environment variable not set";
    const auto mode = env_text(environment, "SINGLE_NODE_MODE");
    const auto given_endpoints = environment("NATS_ENDPOINTS");
    auto endpoints = split_list(given_endpoints.value_or(""));
    const auto single = mode ? lower(trim(*mode)) : "true";
    if (single == "false") {
        if (endpoints.empty()) return wrong(no_endpoints);
        auto cluster = env_text(environment, "ROOKERY_CLUSTER").value_or(Nats{}.cluster);
        if (cluster.empty() || cluster.find_first_of(".*> \t") != std::string::npos)
            return wrong(fmt::format("ROOKERY_CLUSTER: \"{}\" is no name: use letters, digits and dashes", cluster));
        Nats nats;
        for (auto& endpoint : endpoints) nats.endpoints.emplace_back(std::move(endpoint));
        nats.credentials_file = env_text(environment, "NATS_CREDS").value_or("");
        nats.cluster = std::move(cluster);
        if (auto links = read_links(environment, nats); !links) return links;
        signal.nats = std::move(nats);
        return {};
    }
    if (single != "true") {
        warnings.push_back(
            ignored_variable("SINGLE_NODE_MODE", fmt::format("\"{}\" is neither true nor false", *mode)));
    }
    if (!endpoints.empty()) {
        warnings.push_back(
            "SINGLE_NODE_MODE disables NATS coordination: NATS_ENDPOINTS is ignored unless SINGLE_NODE_MODE=false");
    } else if (mode || given_endpoints) {
        warnings.push_back(no_endpoints);
    }
    return {};
}

Done fill(const FlagValues& flags, const Environment& environment, Config& config) {
    auto tls = read_tls(flags);
    if (!tls) return wrong(tls.error());
    config.tls = *tls;

    const int default_port = config.tls.enabled() ? 443 : 80;
    const auto port = as_port("--port", flags.given("port") ? flags.integer("port") : default_port);
    if (!port) return wrong(port.error());
    config.listen = Endpoint{"", *port};

    const auto metrics = as_port("--metrics-port", flags.integer("metrics-port"));
    if (!metrics) return wrong(metrics.error());
    config.metrics = SidePort{{"", *metrics}, flags.given("metrics-port")};

    const auto level = flags.given("log-level") ? std::optional(flags.text("log-level")) : std::nullopt;
    if (auto set = set_log_levels({}, environment, level, config); !set) return set;
    config.logging.file = flags.text("log-file");

    config.signal = Signal{};
    config.signal->legacy = legacy_port(config.listen, signal_legacy_port);
    env_duration(environment, "NB_SIGNAL_SEND_TIMEOUT", config.signal->send_timeout, config.warnings);
    return read_cluster(environment, *config.signal, config.warnings);
}

}  // namespace

Loaded<Config> load_signal(const std::vector<std::string>& arguments, const Environment& environment) {
    Config config;
    config.command = "signal";
    config.supervision = default_supervision();
    const auto flags = parse_flags(table(), arguments, environment, config.warnings);
    if (!flags) return tl::unexpected(LoadError{flags.error()});
    if (const auto filled = fill(*flags, environment, config); !filled) {
        return tl::unexpected(LoadError{filled.error()});
    }
    read_common_environment(environment, config);
    check_variables(environment, known_variables(table()), config);
    return config;
}

std::string usage_signal() {
    return usage(table());
}

}  // namespace rookery::config
