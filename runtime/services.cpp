#include "runtime/services.hpp"

#include <algorithm>
#include <map>

#include "actors/management/agent_service.hpp"
#include "actors/relay/link_actor.hpp"
#include "actors/relay/token.hpp"
#include "actors/signal/service.hpp"
#include "adapters/http/router.hpp"
#include "runtime/trust.hpp"
#include "runtime/version.hpp"

namespace rookery::runtime {
namespace {

using core::Result;

Result<std::unique_ptr<adapters::relay::Server>> build_relay(const config::Relay& configuration, const State& state) {
    // Checked by config: an entry that does not parse would have been refused there.
    auto proxies = adapters::io::Networks::parse(configuration.trusted_proxies);
    if (!proxies) return tl::unexpected(proxies.error());
    adapters::relay::ServerSettings settings;
    settings.links.instance_url = configuration.exposed_url;
    settings.proxies = std::move(*proxies);
    auto server = std::make_unique<adapters::relay::Server>(
        std::move(settings), std::make_shared<relay::Tokens>(*state.crypto, configuration.auth_secret.reveal()),
        state.relay_routes, std::make_shared<relay::LinkGate>(state.refs.relay_links, state.refs.relay_presence),
        state.relay_counters);
    return server;
}

core::rpc::Methods grpc_methods(const config::Config& configuration, const State& state,
                                std::shared_ptr<management::Envelope> envelope, std::shared_ptr<core::Bridge> bridge,
                                const core::HealthService& health) {
    core::rpc::Methods methods = health.methods();
    const auto add = [&methods](core::rpc::Methods more) {
        std::move(more.begin(), more.end(), std::back_inserter(methods));
    };
    const auto& refs = state.refs;
    if (configuration.signal)
        add(signal::methods({refs.signal_sessions, refs.directory, refs.signal_watch, state.mailboxes,
                             std::move(bridge), state.signal_counters}));
    if (configuration.management) {
        auto shared = std::make_shared<management::SyncShared>();
        shared->infrastructure = state.infrastructure;
        shared->rules = state.rules;
        shared->counters = state.management_counters;
        shared->server_key = envelope->server_public_key();
        management::AgentWiring wiring;
        wiring.api = state.api;
        wiring.envelope = std::move(envelope);
        wiring.crypto = state.crypto;
        wiring.shared = std::move(shared);
        wiring.sync_sessions = refs.sync_streams;
        wiring.directory = refs.directory;
        wiring.accounts = refs.accounts;
        wiring.renewal = refs.renewal;
        wiring.max_concurrent_syncs = configuration.management->max_concurrent_syncs;
        add(management::agent_methods(std::move(wiring)));
    }
    return methods;
}

std::unique_ptr<core::HealthService> build_health(const config::Config& configuration) {
    std::vector<std::string> services;
    if (configuration.signal) services.push_back("signalexchange.SignalExchange");
    if (configuration.management) services.push_back("management.ManagementService");
    return std::make_unique<core::HealthService>(std::move(services));
}

// config-ops §7.2. A store that fails is no reason to send agents elsewhere: maps are served on (design §5).
adapters::rest::Health rest_health(const NodeState& state) {
    adapters::rest::Health health;
    health.http_status = state.ready() ? 200 : 503;
    health.status = !state.ready() ? state.text() : state.degraded.empty() ? "ok" : "degraded";
    health.version = version;
    health.checks["sqlite"].status = state.degraded.count("store") == 0 ? "ok" : "failing";
    return health;
}

std::unique_ptr<adapters::rest::RestApi> build_rest(const config::Management& configuration, State& state) {
    adapters::rest::RestOptions options;
    options.dns_domain = configuration.dns_domain;
    options.setup_pat_enabled = configuration.setup_pat_enabled;
    options.health = [&lifecycle = state.lifecycle] { return rest_health(lifecycle.state()); };
    return std::make_unique<adapters::rest::RestApi>(*state.api, *state.crypto, std::move(options), core::wall_now);
}

// A relay's or Signal's own port. / tells a balancer whether the node serves. /accepting tells HAProxy, with its
// disable-on-404, apart a node that drains: 404, no new connections, but those there are it ends itself.
adapters::http::Handler bare_handler(const Lifecycle& lifecycle) {
    return [&lifecycle](const std::shared_ptr<const adapters::http::Request>& request,
                        const adapters::http::Respond& respond) {
        auto response = adapters::http::not_found();
        const auto phase = lifecycle.state().phase;
        if (request->path == "/" || (request->path == "/accepting" && phase != Phase::draining)) {
            response.status = phase == Phase::ready ? 200 : 503;
            response.body.clear();
        }
        respond(std::move(response));
    };
}

// The paths of roles that other nodes carry say so (signal-relay-stun §1.9).
adapters::http::Handler with_absent_roles(const config::Config& configuration, adapters::http::Handler handler) {
    std::map<std::string, std::string> absent;
    if (!configuration.signal) absent["/ws-proxy/signal"] = "Signal service not enabled\n";
    if (!configuration.relay) absent["/relay"] = "Relay service not enabled\n";
    if (absent.empty()) return handler;
    return [absent = std::move(absent), handler = std::move(handler)](
               std::shared_ptr<const adapters::http::Request> request, adapters::http::Respond respond) {
        const auto path = absent.find(request->path);
        if (path == absent.end()) return handler(std::move(request), std::move(respond));
        auto response = adapters::http::not_found();
        response.body = path->second;
        respond(std::move(response));
    };
}

}  // namespace

Result<Services> build_services(const config::Config& configuration, State& state,
                                std::shared_ptr<management::Envelope> envelope, std::shared_ptr<core::Bridge> bridge) {
    namespace http = adapters::http;
    Services services;
    adapters::grpc::Settings grpc;
    const auto trusted_by_grpc = grpc_trust(configuration);
    if (!trusted_by_grpc) return tl::unexpected(trusted_by_grpc.error());
    grpc.trust = *trusted_by_grpc;
    services.health = build_health(configuration);
    services.grpc = std::make_unique<adapters::grpc::Server>(
        grpc_methods(configuration, state, std::move(envelope), std::move(bridge), *services.health), grpc);

    std::vector<std::pair<std::string, http::UpgradeHandler>> upgrades;
    if (configuration.relay) {
        auto relay = build_relay(*configuration.relay, state);
        if (!relay) return tl::unexpected(relay.error());
        services.relay = std::move(*relay);
        for (const auto* path : {"/relay", "/relay/"})
            upgrades.emplace_back(path,
                                  [server = services.relay.get()](http::Upgraded u) { server->accept(std::move(u)); });
    }
    const auto trusted_by_http = http_trust(configuration);
    if (!trusted_by_http) return tl::unexpected(trusted_by_http.error());
    const auto tunnel = [&](const char* path) {
        adapters::wsproxy::Settings settings;
        settings.trust = *trusted_by_http;
        auto server = std::make_unique<adapters::wsproxy::Server>(
            std::move(settings),
            [grpc = services.grpc.get()](const std::string& client) { return grpc->connect(client); });
        upgrades.emplace_back(path, [to = server.get()](http::Upgraded u) { to->accept(std::move(u)); });
        return server;
    };
    if (configuration.signal) services.signal_tunnels = tunnel("/ws-proxy/signal");
    if (configuration.management) services.management_tunnels = tunnel("/ws-proxy/management");
    if (configuration.management) services.rest = build_rest(*configuration.management, state);
    services.http = std::make_unique<http::Server>(
        http::Limits{},
        services.rest ? with_absent_roles(configuration, services.rest->handler()) : bare_handler(state.lifecycle),
        std::move(upgrades));
    return services;
}

}  // namespace rookery::runtime
