// GET /health on the health port (signal-relay-stun §2.18, config-ops §7.1).
#pragma once

#include <functional>

#include "adapters/http/server.hpp"

namespace rookery::runtime {

// 200 while `ready`, 503 otherwise; any method. `relay`: this node relays over WebSocket. `certificate_valid`: the node
// has a certificate, whose time is now; asked for each answer.
adapters::http::Handler health_handler(std::function<bool()> ready, bool relay,
                                       std::function<bool()> certificate_valid);

}  // namespace rookery::runtime
