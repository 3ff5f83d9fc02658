#include "runtime/node.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "actors/core/log.hpp"
#include "adapters/control/control_socket.hpp"
#include "adapters/http/probe.hpp"
#include "adapters/stun/server.hpp"
#include "runtime/announce.hpp"
#include "runtime/certificate.hpp"
#include "runtime/control_commands.hpp"
#include "runtime/control_paths.hpp"
#include "runtime/data.hpp"
#include "runtime/drain.hpp"
#include "runtime/health.hpp"
#include "runtime/listeners.hpp"
#include "runtime/metrics.hpp"
#include "runtime/pool.hpp"
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

constexpr std::uint32_t only_node = 1;                                        // no siblings yet: any number does
constexpr std::array session_realms{core::Realm::signal, core::Realm::sync};  // beside the relay's links

std::size_t io_threads() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

// What this version does not have is refused at start, before anything is touched.
Result<Done> check_supported(const config::Config& c) {
    const auto refuse = [](const std::string& what) { return core::fail(ErrorKind::invalid_argument, what); };
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
    Pool siblings;
    std::unique_ptr<Tree> tree;
    std::unique_ptr<Watchdog> watchdog;

    Services services;
    std::unique_ptr<adapters::stun::Server> stun;
    std::unique_ptr<adapters::control::Server> control;
    std::optional<adapters::http::Probe> probe;  // of the public port
    Listeners listeners{pool};
    std::atomic<bool> opened{false};   // all ports
    std::atomic<bool> reached{false};  // the other nodes, once
    bool public_closed = false;
    bool stopped = false;

    void build_management();
    Result<Done> open_siblings();
    void siblings_reachable(bool now);
    void serve_when_complete();
    void build_tree(std::function<void(std::string)> failed);
    Result<Done> open_health();
    Result<Done> open_metrics();
    Result<Done> open_stun();
    Result<Done> open_control(std::function<void()> drain_asked);
    Result<Done> open_listeners();
    std::string metrics() const;
    std::size_t sessions() const;
    bool over() const;
    std::vector<std::function<void()>> farewells() const;
    void close_public();
    void close_sides();
    void stop_accepting();
    void drain(bool hasty, std::function<void(std::chrono::nanoseconds)> sleep);
    void stop();
};

void Node::Parts::build_management() {
    if (!configuration.management) return;
    state.rules.default_dns_domain = configuration.management->dns_domain;
    state.infrastructure = std::make_shared<management::Infrastructure>(*configuration.management, *state.crypto);
    state.api = std::make_shared<management::LocalApi>(state.refs.accounts, state.refs.storage, *state.crypto);
}

Result<Done> Node::Parts::open_siblings() {
    auto opened = open_pool(configuration, state, pool, [this](bool connected) { siblings_reachable(connected); });
    if (!opened) return tl::unexpected(opened.error());
    siblings = std::move(*opened);
    if (siblings.nats && !siblings.nats->connected()) siblings_reachable(false);
    return Done{};
}

// A node of a pool is ready once it has reached the others; later it serves its own agents without them. From a thread
// of the bus.
void Node::Parts::siblings_reachable(bool now) {
    if (!now)
        return state.lifecycle.degrade(
            "nats",
            "no NATS server answers: messages to agents of other nodes go over direct links, where there are some");
    state.lifecycle.recover("nats");
    reached = true;
    serve_when_complete();
}

void Node::Parts::serve_when_complete() {
    if (opened && (reached || !siblings.nats)) state.lifecycle.enter(Phase::ready);
}

void Node::Parts::build_tree(std::function<void(std::string)> failed) {
    TreeParts parts;
    parts.configuration = &configuration;
    parts.crypto = state.crypto.get();
    parts.node = only_node;
    parts.mailboxes = state.mailboxes;
    parts.directory = siblings.directory;
    parts.signal_counters = state.signal_counters;
    parts.relay_routes = state.relay_routes;
    parts.relay_counters = state.relay_counters;
    parts.store = data.store;
    parts.management_counters = state.management_counters;
    parts.store_report = [&lifecycle = state.lifecycle](const Result<Done>& works) {
        works ? lifecycle.recover("store") : lifecycle.degrade("store", works.error().message);
    };
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

Result<Done> Node::Parts::open_control(std::function<void()> drain_asked) {
    if (configuration.control_sockets.empty()) return Done{};
    ControlHooks hooks;
    hooks.status = [this] { return node_status(configuration, state, siblings, system.vitals()); };
    hooks.drain = [this, drain_asked = std::move(drain_asked)] {
        state.lifecycle.enter(Phase::draining);
        drain_asked();
        return configuration.drain;
    };
    control = std::make_unique<adapters::control::Server>(
        pool, control_commands(std::move(hooks), Operator{state.api, state.crypto}, system.vitals()));
    const auto open = listen_at_first(*control, configuration.control_sockets);
    if (open) {
        log::info("control socket: {}", *open);
        return Done{};
    }
    // The only way to Management's first token; Signal and Relay serve without.
    if (configuration.management) return tl::unexpected(open.error());
    log::info("no control socket, so no `rookery status`, `drain` and `log-level` here: {}", open.error().message);
    return Done{};
}

// The side ports are about this node, never reached through its public address (config-ops §7, flow-events §11).
// Health is the first port to open: a start that takes long is seen as one.
Result<Done> Node::Parts::open_health() {
    HealthSources sources;
    sources.state = [this] { return state.lifecycle.state(); };
    sources.probe = [this](adapters::http::Probe::Answer answer) { probe->ask(std::move(answer)); };
    sources.certificate_valid = [this] { return certificate.valid(core::wall_now()); };
    sources.relay = configuration.relay.has_value();
    const auto open = listeners.open_side(configuration.health, "health", health_handler(std::move(sources)));
    if (!open) return refused("healthcheck", open.error());
    if (*open)
        log::info("starting healthcheck server on: http://{}/health",
                  config::to_string(configuration.health->endpoint));
    return Done{};
}

Result<Done> Node::Parts::open_metrics() {
    const auto open =
        listeners.open_side(configuration.metrics, "metrics", metrics_handler([this] { return metrics(); }));
    if (!open) return refused("metrics", open.error());
    if (*open) log::info("running metrics server: {}/metrics", config::to_string(configuration.metrics->endpoint));
    return Done{};
}

Result<Done> Node::Parts::open_listeners() {
    const auto bound =
        listeners.open_public(configuration.listen, certificate.credentials, *services.grpc, *services.http);
    if (!bound) return tl::unexpected(bound.error());
    adapters::http::Probe::Settings settings;
    settings.tls = configuration.tls.enabled();
    probe.emplace(pool, *bound, settings);
    if (configuration.signal)
        if (auto opened =
                listeners.open_legacy(configuration.signal->legacy, "Signal", certificate.credentials, *services.grpc);
            !opened)
            return opened;
    if (configuration.management)
        if (auto opened = listeners.open_legacy(configuration.management->legacy, "Management", certificate.credentials,
                                                *services.grpc);
            !opened)
            return opened;
    return Done{};
}

std::string Node::Parts::metrics() const {
    adapters::metrics::Exposition out;
    const auto now = state.lifecycle.state();
    add_node(out, version, now.ready(), now.phase == Phase::draining, system.vitals());
    std::map<std::string, bool> degraded;
    if (configuration.management) degraded["store"] = false;
    if (siblings.nats) degraded["nats"] = false;
    for (const auto& [what, why] : now.degraded) degraded[what] = true;
    for (const auto& [what, is] : degraded)
        out.gauge("rookery_degraded", "1 while that part of the node does not work", is, {{"what", what}});
    if (configuration.signal)
        add_signal(out, configuration.command == "signal" ? "" : "signal_", *state.signal_counters);
    if (configuration.management) add_management(out, *state.management_counters);
    if (services.rest) add_routes(out, services.rest->counters());
    if (services.relay) add_relay(out, *state.relay_counters, services.relay->activity());
    if (stun) add_stun(out, stun->counters());
    add_pool(out, siblings);
    if (services.signal_tunnels)
        add_wsproxy(out, configuration.command == "signal" ? "" : "signal_", services.signal_tunnels->counters());
    if (services.management_tunnels) add_wsproxy(out, "", services.management_tunnels->counters());
    add_edges(out, listeners.counters(), services.http->counters(), services.grpc->counters());
    if (certificate.credentials) add_tls(out, listeners.counters(), *certificate.credentials);
    return out.text();
}

std::size_t Node::Parts::sessions() const {
    std::size_t open = services.relay ? services.relay->links() : 0;
    for (const auto realm : session_realms) open += state.mailboxes->of(realm).size();
    return open;
}

// Also the actors' last messages: the peers whose streams have ended are still being marked as gone.
bool Node::Parts::over() const {
    return sessions() == 0 && services.grpc->over() && services.http->counters().open == 0 &&
           system.vitals().totals().depth == 0;
}

std::vector<std::function<void()>> Node::Parts::farewells() const {
    std::vector<std::function<void()>> all;
    if (services.relay) all = services.relay->farewells();
    for (const auto realm : session_realms)
        state.mailboxes->of(realm).for_each([&all](const std::string&, const std::shared_ptr<core::Mailbox>& session) {
            all.push_back([weak = std::weak_ptr(session)] {
                if (const auto open = weak.lock()) open->leave();
            });
        });
    return all;
}

// The stop lines of NetBird's relay are for those who start one (config-ops §11.1).
void Node::Parts::close_public() {
    if (std::exchange(public_closed, true)) return;
    const bool relay = configuration.command == "relay";
    if (relay) log::info("stop WS listener");
    listeners.close_public();
    if (relay) log::info("WS listener stopped");
}

void Node::Parts::close_sides() {
    if (configuration.command == "relay") {
        if (configuration.health) log::info("Shutting down healthcheck server");
        log::info("shutting down metrics server");
    }
    listeners.close_sides();
}

void Node::Parts::stop_accepting() {
    close_public();
    if (services.relay) services.relay->refuse_new();
    for (auto* tunnels : {services.signal_tunnels.get(), services.management_tunnels.get()})
        if (tunnels) tunnels->drain();
    services.grpc->begin_shutdown(configuration.drain.timeout + configuration.drain.goodbye);
    services.http->close_idle();
    services.health->end_watches();
}

void Node::Parts::drain(bool hasty, std::function<void(std::chrono::nanoseconds)> sleep) {
    state.lifecycle.enter(Phase::draining);
    const DrainSteps steps{[this] { stop_accepting(); }, [this] { return farewells(); }, [this] { return sessions(); },
                           [this] { return over(); }};
    runtime::drain(configuration.drain, hasty, steps,
                   {std::chrono::steady_clock::now, std::move(sleep), core::random_jitter()});
}

void Node::Parts::stop() {
    if (std::exchange(stopped, true)) return;
    if (state.lifecycle.ready()) state.lifecycle.enter(Phase::draining);  // the tree is gone: no time to leave in order
    close_public();
    if (control) control->close();
    // Sessions that are left end with their actors, calls with their answers; then the rest is cut.
    if (siblings.nats) state.refs.pool.send(pool::Leave{});
    if (tree) tree->stop();
    siblings.close();
    if (services.grpc) services.grpc->shutdown(configuration.drain.goodbye);
    for (auto* tunnels : {services.signal_tunnels.get(), services.management_tunnels.get()})
        if (tunnels) tunnels->close_all(configuration.drain.goodbye);
    if (services.http) services.http->close_idle();
    if (stun) stun->close();
    close_sides();
    pool.stop();
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() {
    stop();
}
void Node::drain(bool hasty, std::function<void(std::chrono::nanoseconds)> sleep) {
    parts_->drain(hasty, std::move(sleep));
}
void Node::stop() {
    parts_->stop();
}

bool Node::hangs() const {
    return parts_->tree && parts_->tree->hangs();
}

Result<std::unique_ptr<Node>> Node::start(config::Config configuration, NodeEvents events) {
    if (auto supported = check_supported(configuration); !supported) return tl::unexpected(supported.error());
    // A start that fails half-way takes down what it built.
    std::unique_ptr<Node> node(new Node(std::make_unique<Parts>()));
    auto& p = *node->parts_;
    p.configuration = std::move(configuration);

    if (auto ok = open_directory(p.configuration, *p.state.crypto, p.data); !ok) return tl::unexpected(ok.error());
    auto certificate = open_certificate(p.configuration);
    if (!certificate) return tl::unexpected(certificate.error());
    p.certificate = std::move(*certificate);
    if (auto ok = p.open_health(); !ok) return tl::unexpected(ok.error());
    if (auto ok = p.open_stun(); !ok) return tl::unexpected(ok.error());
    if (auto ok = open_store(p.configuration, p.data); !ok) return tl::unexpected(ok.error());
    p.build_management();
    if (auto ok = p.open_siblings(); !ok) return tl::unexpected(ok.error());
    p.build_tree(std::move(events.failed));
    auto services = build_services(p.configuration, p.state, p.data.envelope, p.siblings.bridge);
    if (!services) return tl::unexpected(services.error());
    p.services = std::move(*services);
    p.state.lifecycle.on_phase(
        [health = p.services.health.get()](Phase phase) { health->set_serving(phase == Phase::ready); });
    announce_roles(p.configuration);
    if (auto ok = p.open_control(std::move(events.drain_asked)); !ok) return tl::unexpected(ok.error());
    if (auto ok = p.open_metrics(); !ok) return tl::unexpected(ok.error());
    // Listeners last: nothing is accepted before everything behind it is up.
    if (auto ok = p.open_listeners(); !ok) return tl::unexpected(ok.error());
    p.opened = true;
    p.serve_when_complete();
    announce_ready(p.configuration);
    return node;
}

}  // namespace rookery::runtime
