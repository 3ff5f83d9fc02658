// What the public port serves: gRPC methods, REST, and the upgrades of the relay and of browser agents, as the node's
// roles ask for.
#pragma once

#include <memory>

#include "actors/core/bridge.hpp"
#include "actors/core/health_service.hpp"
#include "actors/management/envelope.hpp"
#include "adapters/grpc/server.hpp"
#include "adapters/http/server.hpp"
#include "adapters/relay/server.hpp"
#include "adapters/rest/api.hpp"
#include "adapters/wsproxy/server.hpp"
#include "config/config.hpp"
#include "runtime/state.hpp"

namespace rookery::runtime {

struct Services {
    std::unique_ptr<core::HealthService> health;     // gRPC's
    std::unique_ptr<adapters::relay::Server> relay;  // null without the role
    std::unique_ptr<adapters::rest::RestApi> rest;   // null without Management
    std::unique_ptr<adapters::http::Server> http;
    std::unique_ptr<adapters::grpc::Server> grpc;
    // /ws-proxy/*: each with its role.
    std::unique_ptr<adapters::wsproxy::Server> signal_tunnels;
    std::unique_ptr<adapters::wsproxy::Server> management_tunnels;
};

// `envelope`: null without Management. `bridge`: to the mailboxes of other nodes. `configuration` and `state` outlive
// the services.
core::Result<Services> build_services(const config::Config& configuration, State& state,
                                      std::shared_ptr<management::Envelope> envelope,
                                      std::shared_ptr<core::Bridge> bridge);

}  // namespace rookery::runtime
