// The health port: /live, /ready and /health (signal-relay-stun §2.18, config-ops §7). About this node, never through
// its public address.
#pragma once

#include <functional>

#include "adapters/http/probe.hpp"
#include "adapters/http/server.hpp"
#include "runtime/lifecycle.hpp"

namespace rookery::runtime {

struct HealthSources {
    std::function<NodeState()> state;
    // Asks the public port whether it answers; cached.
    std::function<void(adapters::http::Probe::Answer)> probe;
    // The node has a certificate, whose time is now; asked for each answer.
    std::function<bool()> certificate_valid;
    bool relay = false;  // this node relays over WebSocket
};

// Any method.
// /live    200 as long as the process answers.
// /ready   200 "ready" or "degraded: <what>", 503 "starting" or "draining".
// /health  the reference's JSON: 200 while ready and the public port answers, else 503.
adapters::http::Handler health_handler(HealthSources sources);

}  // namespace rookery::runtime
