#include "runtime/node.hpp"

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "actors/core/log.hpp"
#include "adapters/control/control_socket.hpp"
#include "adapters/stun/server.hpp"
#include "runtime/announce.hpp"
#include "runtime/certificate.hpp"
#include "runtime/control_commands.hpp"
#include "runtime/data.hpp"
#include "runtime/health.hpp"
#include "runtime/listeners.hpp"
#include "runtime/metrics.hpp"
#include "runtime/services.hpp"
#include "runtime/status.hpp"
#include "runtime/version.hpp"
#include "runtime/watchdog.hpp"

namespace rookery::runtime {
namespace {

using core::Done;
using core::ErrorKind;
using core::Result;
namespace log = core::log;

constexpr std::uint32_t only_node = 1;  // no siblings yet: any number does
constexpr auto goodbye = std::chrono::milliseconds(500);

std::size_t io_threads() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

// What this version does not have is refused at start, before anything is touched.
Result<Done> check_supported(const config::Config& c) {
    const auto refuse = [](const std::string& what) { return core::fail(ErrorKind::invalid_argument, what); };
    if (c.signal && !c.signal->single_node)
        return refuse("SINGLE_NODE_MODE=false: this version runs one Signal node; unset it");
    if (!c.management) return Done{};
    if (c.management->ha_enabled) return refuse("server.ha.enabled: this version runs one Management node; remove it");
    for (const auto* store : {&c.management->store, &c.management->activity_store, &c.management->auth_store})
        if (store->engine != config::StoreEngine::sqlite)
            return refuse("this version keeps its data in SQLite: set the store engines to sqlite or remove them");
    return Done{};
}

tl::unexpected<core::Error> refused(const char* server, const core::Error& why) {
    return core::fail(why.kind, fmt::format("failed to start {} server: {}", server, why.message));
}

}  // namespace

// In the order in which they are built; taken down in reverse.
struct Node::Parts {
    config::Config configuration;
    State state;
    Data data;
    NodeCertificate certificate;

    adapters::io::Pool pool{io_threads()};
    core::System system{{.workers = std::max<std::size_t>(2, std::thread::hardware_concurrency())}};
    std::unique_ptr<Tree> tree;
    std::unique_ptr<Watchdog> watchdog;

    Services services;
    std::unique_ptr<adapters::stun::Server> stun;
    std::unique_ptr<adapters::control::Server> control;
    std::unique_ptr<Listeners> listeners;

    void build_management();
    void build_tree(std::function<void(std::string)> failed);
    Result<Done> open_stun();
    Result<Done> open_control();
    Result<Done> open_listeners();
    Result<Done> open_side_ports();
    std::string metrics() const;
    void stop();
};

void Node::Parts::build_management() {
    if (!configuration.management) return;
    state.rules.default_dns_domain = configuration.management->dns_domain;
    state.infrastructure = std::make_shared<management::Infrastructure>(*configuration.management, *state.crypto);
    state.api = std::make_shared<management::LocalApi>(state.refs.accounts, state.refs.storage, *state.crypto);
}

void Node::Parts::build_tree(std::function<void(std::string)> failed) {
    TreeParts parts;
    parts.configuration = &configuration;
    parts.crypto = state.crypto.get();
    parts.node = only_node;
    parts.mailboxes = state.mailboxes;
    parts.bridge = std::make_shared<core::LocalBridge>();
    parts.signal_counters = state.signal_counters;
    parts.relay_routes = state.relay_routes;
    parts.relay_counters = state.relay_counters;
    parts.store = data.store;
    parts.management_counters = state.management_counters;
    parts.rules = state.rules;
    if (state.infrastructure) parts.renewal_period = state.infrastructure->refresh_period();
    tree = std::make_unique<Tree>(system, parts, state.refs, std::move(failed));
    watchdog = std::make_unique<Watchdog>(system.vitals(), configuration.watchdog);
}

Result<Done> Node::Parts::open_stun() {
    if (!configuration.stun) return Done{};
    auto opened = adapters::stun::Server::open(pool.main(), configuration.stun->ports);
    if (!opened) return tl::unexpected(opened.error());
    stun = std::move(*opened);
    return Done{};
}

Result<Done> Node::Parts::open_control() {
    if (!data.directory) return Done{};
    auto status = [this] { return node_status(configuration, state, system.vitals()); };
    control = std::make_unique<adapters::control::Server>(
        pool, control_commands(std::move(status), Operator{state.api, state.crypto}, system.vitals()));
    return control->listen(data.directory->file("control.sock"));
}

// Both are about this node, never reached through its public address (config-ops §7, flow-events §11).
Result<Done> Node::Parts::open_side_ports() {
    const auto metrics_open =
        listeners->open_side(configuration.metrics, "metrics", metrics_handler([this] { return metrics(); }));
    if (!metrics_open) return refused("metrics", metrics_open.error());
    if (*metrics_open)
        log::info("running metrics server: {}/metrics", config::to_string(configuration.metrics->endpoint));
    const auto health_open =
        listeners->open_side(configuration.health, "health",
                             health_handler([this] { return state.lifecycle.ready(); }, configuration.relay.has_value(),
                                            [this] { return certificate.valid(core::wall_now()); }));
    if (!health_open) return refused("healthcheck", health_open.error());
    if (*health_open)
        log::info("starting healthcheck server on: http://{}/health",
                  config::to_string(configuration.health->endpoint));
    return Done{};
}

Result<Done> Node::Parts::open_listeners() {
    listeners = std::make_unique<Listeners>(pool, *services.grpc, *services.http, certificate.credentials);
    if (auto opened = open_side_ports(); !opened) return opened;
    if (auto opened = listeners->open_public(configuration.listen); !opened) return opened;
    if (configuration.signal)
        if (auto opened = listeners->open_legacy(configuration.signal->legacy, "Signal"); !opened) return opened;
    if (configuration.management)
        if (auto opened = listeners->open_legacy(configuration.management->legacy, "Management"); !opened)
            return opened;
    return Done{};
}

std::string Node::Parts::metrics() const {
    adapters::metrics::Exposition out;
    add_node(out, version, state.lifecycle.ready(), state.lifecycle.phase() == Phase::draining, system.vitals());
    if (configuration.signal)
        add_signal(out, configuration.command == "signal" ? "" : "signal_", *state.signal_counters);
    if (configuration.management) add_management(out, *state.management_counters);
    if (services.rest) add_routes(out, services.rest->counters());
    if (services.relay) add_relay(out, *state.relay_counters, services.relay->activity());
    if (stun) add_stun(out, stun->counters());
    if (services.signal_tunnels)
        add_wsproxy(out, configuration.command == "signal" ? "" : "signal_", services.signal_tunnels->counters());
    if (services.management_tunnels) add_wsproxy(out, "", services.management_tunnels->counters());
    add_edges(out, listeners->counters(), services.http->counters(), services.grpc->counters());
    if (certificate.credentials) add_tls(out, listeners->counters(), *certificate.credentials);
    return out.text();
}

void Node::Parts::stop() {
    if (state.lifecycle.phase() == Phase::draining) return;
    state.lifecycle.set(Phase::draining);
    if (listeners) listeners->close();
    if (control) control->close();
    if (services.relay) {
        std::promise<void> done;
        services.relay->close_all(pool.main(), goodbye, [&done] { done.set_value(); });
        done.get_future().wait();
    }
    for (auto* tunnels : {services.signal_tunnels.get(), services.management_tunnels.get()})
        if (tunnels) tunnels->drain();
    // The sessions' actors end their streams; what is left gets a moment, then is cut.
    if (tree) tree->stop();
    if (services.grpc) services.grpc->shutdown(goodbye);
    for (auto* tunnels : {services.signal_tunnels.get(), services.management_tunnels.get()})
        if (tunnels) tunnels->close_all(goodbye);
    if (services.http) services.http->close_idle();
    if (listeners) listeners->close_idle_sides();
    if (stun) stun->close();
    pool.stop();
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() {
    stop();
}
void Node::stop() {
    parts_->stop();
}

bool Node::hangs() const {
    return parts_->tree && parts_->tree->hangs();
}

Result<std::unique_ptr<Node>> Node::start(config::Config configuration, std::function<void(std::string)> failed) {
    if (auto supported = check_supported(configuration); !supported) return tl::unexpected(supported.error());
    // A start that fails half-way takes down what it built.
    std::unique_ptr<Node> node(new Node(std::make_unique<Parts>()));
    auto& p = *node->parts_;
    p.configuration = std::move(configuration);

    if (auto ok = open_directory(p.configuration, *p.state.crypto, p.data); !ok) return tl::unexpected(ok.error());
    auto certificate = open_certificate(p.configuration);
    if (!certificate) return tl::unexpected(certificate.error());
    p.certificate = std::move(*certificate);
    if (auto ok = p.open_stun(); !ok) return tl::unexpected(ok.error());
    if (auto ok = open_store(p.configuration, p.data); !ok) return tl::unexpected(ok.error());
    p.build_management();
    p.build_tree(std::move(failed));
    auto services = build_services(p.configuration, p.state, p.data.envelope);
    if (!services) return tl::unexpected(services.error());
    p.services = std::move(*services);
    announce_roles(p.configuration);
    if (auto ok = p.open_control(); !ok) return tl::unexpected(ok.error());
    // Listeners last: nothing is accepted before everything behind it is up.
    if (auto ok = p.open_listeners(); !ok) return tl::unexpected(ok.error());
    p.state.lifecycle.set(Phase::ready);
    announce_ready(p.configuration);
    return node;
}

}  // namespace rookery::runtime
