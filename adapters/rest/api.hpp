// The REST API of Management (rest-api §2–6): routes, authentication and answers. Rules live in the account's
// pure core; here is only what turns HTTP into commands and snapshots into JSON. Holds no state of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/core/crypto.hpp"
#include "actors/management/api.hpp"
#include "adapters/http/route_counters.hpp"
#include "adapters/http/server.hpp"

namespace rookery::adapters::rest {

// config-ops §7.2.
struct HealthCheck {
    std::string status;  // "ok" or what is wrong
    std::optional<std::int64_t> latency_ms;
};
struct Health {
    int http_status = 200;      // 200 | 503
    std::string status = "ok";  // ok | starting | draining | degraded | unhealthy
    std::string version;
    std::map<std::string, HealthCheck> checks;  // by dependency: "sqlite", "postgres", "redis", "nats"
};

struct RestOptions {
    bool setup_pat_enabled = false;                 // NB_SETUP_PAT_ENABLED
    std::string dns_domain = "netbird.selfhosted";  // of accounts that set none
    std::function<Health()> health;                 // called from any I/O thread; must not block or ask a store
};

class RestApi {
public:
    // `api` and `crypto` outlive every request that was taken.
    RestApi(management::Api& api, const core::Crypto& crypto, RestOptions options,
            std::function<core::WallTime()> clock = core::wall_now);

    // Answers every request: also those outside /api (404). Thread-safe; may outlive the RestApi.
    http::Handler handler() const;

    // What its routes count, in their order; not the health checks.
    const std::vector<std::shared_ptr<const http::RouteCounters>>& counters() const { return counters_; }

private:
    std::vector<std::shared_ptr<const http::RouteCounters>> counters_;
    http::Handler handler_;
};

}  // namespace rookery::adapters::rest
