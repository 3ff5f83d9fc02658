// `rookery relay`: config-ops §4.3, signal-relay-stun §2.15, §2.16 and §2.19.
#include <fmt/format.h>

#include "config/endpoint.hpp"
#include "config/environment.hpp"
#include "config/flags.hpp"
#include "config/load.hpp"
#include "config/log_level.hpp"
#include "config/network.hpp"
#include "config/ports.hpp"
#include "config/public_address.hpp"
#include "config/supervision.hpp"
#include "config/text.hpp"
#include "config/variables.hpp"

namespace rookery::config {
namespace {

const FlagTable& table() {
    static const FlagTable flags{
        "relay",
        "Carries agents' traffic where no direct connection is possible.",
        {
            {"listen-address", FlagKind::text, 'l', ":443", "public address of the relay", {}},
            {"exposed-address",
             FlagKind::text,
             'e',
             "",
             "URL agents use, rels://host:port or rel://host:port; the same on all relays of a pool; required",
             {}},
            {"auth-secret", FlagKind::secret, 's', "", "secret shared with Management; required", {}},
            {"metrics-port", FlagKind::integer, 0, "9090", "port of /metrics", {}},
            {"health-listen-address", FlagKind::text, 'H', ":9000", "address of /health; empty: none", {}},
            {"tls-cert-file", FlagKind::text, 'c', "", "TLS certificate chain, PEM", {}},
            {"tls-key-file", FlagKind::text, 'k', "", "TLS private key, PEM", {}},
            {"trusted-proxies",
             FlagKind::text,
             0,
             "",
             "addresses or CIDRs, comma-separated, that may set X-Real-Ip and X-Real-Port",
             {}},
            {"enable-stun", FlagKind::boolean, 0, "", "answer STUN as well", {}},
            {"stun-ports", FlagKind::integer_list, 0, "3478", "UDP ports of STUN, comma-separated", {}},
            {"stun-log-level", FlagKind::text, 0, "info", "log level of STUN; not given: as the others", {}},
            {"log-level",
             FlagKind::text,
             0,
             "info",
             "trace, debug, info, warn, error, fatal; of one component: info,relay=debug",
             {}},
            {"log-file", FlagKind::text, 0, "console", "console (stderr), syslog, or a path", {}},
            {"letsencrypt-data-dir", FlagKind::text, 'd', "", "not supported: use certificate files", {}},
            {"letsencrypt-domains", FlagKind::text_list, 'a', "", "not supported: use certificate files", {}},
            {"letsencrypt-email", FlagKind::text, 0, "", "no effect", {}},
            {"letsencrypt-aws-route53", FlagKind::boolean, 0, "", "not supported: use certificate files", {}},
        },
        {
            {"NB_RELAY_HC_ATTEMPT_THRESHOLD", "missed health checks before a peer is dropped (default 1)"},
            {"NB_LOG_FORMAT", "text or json (default text)"},
            {"NB_LOG_MAX_SIZE_MB", "size at which a log file is rotated (default 15)"},
            {"NB_LOG_DISABLE_ROTATION", "true: a log file is never rotated"},
            {"ROOKERY_LOG_LEVELS", "log levels of components, e.g. relay=debug"},
            {"ROOKERY_DRAIN_DELAY", "from not ready to closed listeners, when the process is to end (default 3s)"},
            {"ROOKERY_DRAIN_TIMEOUT", "over which open sessions are ended, at most (default 5s)"},
            {"ROOKERY_DRAIN_GOODBYE", "for what is left then (default 1s)"},
            {"ROOKERY_CONTROL_SOCKET",
             "socket of `rookery status`, `drain` and `log-level`, or off (default: in /run/rookery)"},
            {"NB_LICENSE_KEY", "accepted and ignored"},
        }};
    return flags;
}

Done require_basics(const FlagValues& flags) {
    if (flags.text("exposed-address").empty()) return wrong("exposed address is required");
    if (flags.text("auth-secret").empty()) return wrong("auth secret is required");
    return {};
}

Done fill_tls(const FlagValues& flags, Config& config) {
    const bool acme = !flags.text("letsencrypt-data-dir").empty() && !flags.list("letsencrypt-domains").empty();
    if (acme || flags.boolean("letsencrypt-aws-route53")) {
        return wrong(
            "letsencrypt: obtaining certificates by ACME is not supported; give --tls-cert-file and --tls-key-file, or "
            "end TLS at the load balancer");
    }
    config.tls = Tls{flags.text("tls-cert-file"), flags.text("tls-key-file")};
    if (config.tls.cert_file.empty() != config.tls.key_file.empty()) {
        return wrong("both tls-cert-file and tls-key-file must be provided");
    }
    return {};
}

Done fill_addresses(const FlagValues& flags, Config& config) {
    const auto listen = parse_endpoint(flags.text("listen-address"));
    if (!listen) return wrong(fmt::format("listen-address: {}", listen.error()));
    config.listen = *listen;

    const auto metrics = as_port("metrics-port", flags.integer("metrics-port"));
    if (!metrics) return wrong(metrics.error());
    config.metrics = SidePort{{"", *metrics}, flags.given("metrics-port")};

    const auto& health_text = flags.text("health-listen-address");
    if (health_text.empty()) return {};
    const auto health = parse_endpoint(health_text);
    if (!health) return wrong(fmt::format("health-listen-address: {}", health.error()));
    config.health = SidePort{*health, flags.given("health-listen-address")};
    return {};
}

Done fill_log_levels(const FlagValues& flags, const Environment& environment, Config& config) {
    LogLevelWish stun;
    if (flags.given("stun-log-level")) {
        const auto level = parse_log_level(flags.text("stun-log-level"));
        if (!level) return wrong(fmt::format("stun-log-level: {}", level.error()));
        stun.some[LogComponent::stun] = *level;
    }
    const auto given = flags.given("log-level") ? std::optional(flags.text("log-level")) : std::nullopt;
    return set_log_levels(stun, environment, given, config);
}

Done fill_relay(const FlagValues& flags, Config& config) {
    auto url = relay_instance_url(flags.text("exposed-address"), config.tls.enabled());
    if (!url) return wrong(fmt::format("exposed address {}", url.error()));
    config.relay = Relay{};
    config.relay->exposed_url = std::move(*url);
    config.relay->auth_secret = Secret(flags.text("auth-secret"));
    for (const auto& proxy : split_list(flags.text("trusted-proxies"))) {
        const auto network = parse_network(proxy);
        if (!network) {
            return wrong(fmt::format("trusted-proxies: \"{}\" is neither an address nor a CIDR", proxy));
        }
        config.relay->trusted_proxies.push_back(*network);
    }
    return {};
}

Done fill_stun(const FlagValues& flags, Config& config) {
    if (!flags.boolean("enable-stun")) return {};
    const auto asked = flags.integers("stun-ports");
    if (asked.empty()) return wrong("--stun-ports is required when --enable-stun is set");
    const auto ports = as_stun_ports(asked);
    if (!ports) {
        return wrong(ports.error().kind == StunPortProblem::Kind::duplicate
                         ? fmt::format("duplicate STUN port {}", ports.error().port)
                         : fmt::format("invalid STUN port {}: must be between 1 and 65535", ports.error().port));
    }
    config.stun = Stun{*ports};
    return {};
}

Done fill(const FlagValues& flags, const Environment& environment, Config& config) {
    if (auto done = require_basics(flags); !done) return done;
    for (const auto step : {&fill_tls, &fill_addresses, &fill_relay, &fill_stun}) {
        if (auto done = step(flags, config); !done) return done;
    }
    config.logging.file = flags.text("log-file");
    return fill_log_levels(flags, environment, config);
}

}  // namespace

Loaded<Config> load_relay(const std::vector<std::string>& arguments, const Environment& environment) {
    Config config;
    config.command = "relay";
    config.supervision = default_supervision();
    const auto flags = parse_flags(table(), arguments, environment, config.warnings);
    if (!flags) return tl::unexpected(LoadError{flags.error()});
    if (const auto filled = fill(*flags, environment, config); !filled) {
        return tl::unexpected(LoadError{fmt::format("invalid config: {}", filled.error())});
    }
    env_integer(
        environment, "NB_RELAY_HC_ATTEMPT_THRESHOLD", config.relay->health_check_attempts,
        [](long long value) { return value >= 1; }, config.warnings);
    read_common_environment(environment, config);
    check_variables(environment, known_variables(table()), config);
    return config;
}

std::string usage_relay() {
    return usage(table());
}

}  // namespace rookery::config
