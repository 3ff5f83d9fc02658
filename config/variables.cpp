#include "config/variables.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/nearest.hpp"

namespace rookery::config {
namespace {

constexpr std::size_t longest_compared = 64;

}  // namespace

const std::vector<KnownVariable>& common_variables() {
    static const std::vector<KnownVariable> variables{
        {"NB_LOG_FORMAT"},
        {"NB_LOG_MAX_SIZE_MB"},
        {"NB_LOG_DISABLE_ROTATION"},
        {"ROOKERY_LOG_LEVELS"},
        {"ROOKERY_CONTROL_SOCKET"},
        {"NB_LICENSE_KEY"},
        {"NETBIRD_LICENSE_SERVER_BASE_URL"},
        {"NB_PPROF_ADDR", Effect::without},
        {"GRPC_GO_LOG_SEVERITY_LEVEL", Effect::without},
        {"GRPC_GO_LOG_VERBOSITY_LEVEL", Effect::without},
    };
    return variables;
}

const std::vector<KnownVariable>& management_variables() {
    static const std::vector<KnownVariable> variables{
        {"NB_STORE_ENGINE_POSTGRES_DSN"},
        {"NETBIRD_STORE_ENGINE_POSTGRES_DSN"},
        {"NB_STORE_ENGINE_SQLITE_FILE"},
        {"NB_ACTIVITY_EVENT_SQLITE_FILE"},
        {"NB_ACTIVITY_EVENT_STORE_ENGINE"},
        {"NB_ACTIVITY_EVENT_POSTGRES_DSN"},
        {"NB_MAX_CONCURRENT_SYNCS"},
        {"NB_SETUP_PAT_ENABLED"},
        {"NB_SIGNAL_SEND_TIMEOUT"},
        {"NB_RELAY_HC_ATTEMPT_THRESHOLD"},
        // One connection to one file; maps are computed at once; no positions, no telemetry.
        {"NB_SQL_MAX_OPEN_CONNS", Effect::without},
        {"NB_STORE_TRANSACTION_TIMEOUT", Effect::without},
        {"NB_GET_ACCOUNT_BUFFER_INTERVAL", Effect::without},
        {"NB_PEER_UPDATE_INTERVAL_MS", Effect::without},
        {"NB_PEER_UPDATE_STARTUP_PERIOD_S", Effect::without},
        {"NB_DISABLE_GEOLOCATION", Effect::without},
        {"NETBIRD_METRICS_INTERVAL_IN_SECONDS", Effect::without},
        {"NB_STORE_ENGINE_MYSQL_DSN", Effect::absent},
        {"NETBIRD_STORE_ENGINE_MYSQL_DSN", Effect::absent},
        {"NB_CACHE_REDIS_ADDRESS", Effect::absent},
        {"NB_IDP_CACHE_REDIS_ADDRESS", Effect::absent},
        {"NB_LOG_BLOCKED_PEERS", Effect::absent},
        {"NB_BLOCK_SAME_PEERS", Effect::absent},
        {"NB_EVENT_ACTIVITY_LOG_ENABLED", Effect::absent},
        {"NB_API_RATE_LIMITING_ENABLED", Effect::absent},
        {"NB_API_RATE_LIMITING_RPM", Effect::absent},
        {"NB_API_RATE_LIMITING_BURST", Effect::absent},
        {"NB_PROXY_PORT_MIN", Effect::absent},
        {"NB_PROXY_PORT_MAX", Effect::absent},
        {"NB_PROXY_SNAPSHOT_BATCH_SIZE", Effect::absent},
        {"NB_IDP_SESSION_COOKIE_ENCRYPTION_KEY", Effect::absent},
        {"NB_IDP_TIMEOUT", Effect::absent},
        {"NB_IDP_CACHE_WARMUP_DELAY", Effect::absent},
    };
    return variables;
}

void check_variables(const Environment& environment, const std::vector<KnownVariable>& known, Config& config) {
    auto all = known;
    all.insert(all.end(), common_variables().begin(), common_variables().end());
    std::vector<std::string> names;
    for (const auto& variable : all) names.push_back(variable.name);

    for (const auto& [name, value] : environment.variables()) {
        if (value.empty()) continue;
        const auto found = std::find_if(all.begin(), all.end(), [&](const auto& v) { return v.name == name; });
        if (found != all.end()) {
            if (found->effect == Effect::without)
                config.notes.push_back(fmt::format("environment variable {} has no effect in Rookery", name));
            if (found->effect == Effect::absent)
                config.warnings.push_back(fmt::format(
                    "environment variable {} has no effect: this version does not have what it configures", name));
            continue;
        }
        constexpr std::array<std::string_view, 2> ours{"NB_", "NETBIRD_"};
        if (std::none_of(ours.begin(), ours.end(), [&](auto prefix) { return name.starts_with(prefix); })) continue;
        const auto meant = name.size() <= longest_compared ? nearest(name, names) : std::nullopt;
        if (meant) {
            config.warnings.push_back(
                fmt::format("environment variable {} is unknown and ignored (did you mean {}?)", name, *meant));
        } else {
            config.notes.push_back(fmt::format("environment variable {} is unknown and ignored", name));
        }
    }
}

}  // namespace rookery::config
