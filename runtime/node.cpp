#include "runtime/node.hpp"

#include <unistd.h>

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "actors/core/encoding.hpp"
#include "actors/core/log.hpp"
#include "actors/management/agent_service.hpp"
#include "actors/management/local_api.hpp"
#include "actors/relay/link_actor.hpp"
#include "actors/relay/token.hpp"
#include "actors/signal/service.hpp"
#include "adapters/control/control_socket.hpp"
#include "adapters/crypto/crypto.hpp"
#include "adapters/crypto/field_cipher.hpp"
#include "adapters/crypto/sodium_envelope.hpp"
#include "adapters/front/front.hpp"
#include "adapters/grpc/server.hpp"
#include "adapters/http/router.hpp"
#include "adapters/http/server.hpp"
#include "adapters/relay/server.hpp"
#include "adapters/rest/api.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/stun/server.hpp"
#include "runtime/control_commands.hpp"
#include "runtime/data_dir.hpp"
#include "runtime/health.hpp"
#include "runtime/metrics.hpp"
#include "runtime/tree.hpp"
#include "runtime/version.hpp"

namespace rookery::runtime {
namespace {

using core::Done;
using core::Error;
using core::ErrorKind;
using core::Result;
namespace log = core::log;

constexpr std::uint32_t only_node = 1;  // no siblings yet: any number does
constexpr auto goodbye = std::chrono::milliseconds(500);

std::size_t io_threads() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

config::Secret new_hex_secret(const core::Crypto& crypto) {
    std::array<std::uint8_t, 32> bytes;
    crypto.random(bytes.data(), bytes.size());
    return config::Secret(core::hex_encode(core::as_text(bytes)));
}

// What this version does not have is refused at start, before anything is touched.
Result<Done> check_supported(const config::Config& c) {
    const auto refuse = [](const std::string& what) { return core::fail(ErrorKind::invalid_argument, what); };
    if (c.tls.enabled())
        return refuse(
            "this version does not end TLS itself: leave the certificate settings empty and end TLS at a "
            "load balancer or reverse proxy in front");
    if (c.signal && !c.signal->single_node)
        return refuse("SINGLE_NODE_MODE=false: this version runs one Signal node; unset it");
    if (!c.management) return Done{};
    if (c.management->ha_enabled) return refuse("server.ha.enabled: this version runs one Management node; remove it");
    for (const auto* store : {&c.management->store, &c.management->activity_store, &c.management->auth_store})
        if (store->engine != config::StoreEngine::sqlite)
            return refuse("this version keeps its data in SQLite: set the store engines to sqlite or remove them");
    return Done{};
}

}  // namespace

// In the order in which they are built; taken down in reverse.
struct Node::Parts {
    config::Config configuration;
    std::shared_ptr<adapters::crypto::SodiumCrypto> crypto = std::make_shared<adapters::crypto::SodiumCrypto>();
    std::unique_ptr<DataDir> data_dir;
    std::unique_ptr<adapters::crypto::AesGcmFieldCipher> cipher;
    std::shared_ptr<management::Store> store;

    adapters::io::Pool pool{io_threads()};
    core::System system{{.workers = std::max<std::size_t>(2, std::thread::hardware_concurrency())}};

    std::shared_ptr<core::Mailboxes> mailboxes = std::make_shared<core::Mailboxes>();
    std::shared_ptr<signal::Counters> signal_counters = std::make_shared<signal::Counters>();
    std::shared_ptr<relay::Routes> relay_routes = std::make_shared<relay::Routes>();
    std::shared_ptr<relay::RelayCounters> relay_counters = std::make_shared<relay::RelayCounters>();
    TreeRefs refs;
    management::Rules rules;
    std::shared_ptr<management::LocalApi> api;
    std::shared_ptr<const management::Infrastructure> infrastructure;
    std::shared_ptr<adapters::crypto::SodiumEnvelope> envelope;
    std::unique_ptr<Tree> tree;

    std::unique_ptr<adapters::relay::Server> relay;
    std::unique_ptr<adapters::rest::RestApi> rest;
    std::unique_ptr<adapters::http::Server> http;
    std::vector<std::unique_ptr<adapters::http::Server>> side_http;  // health, metrics
    std::unique_ptr<adapters::grpc::Server> grpc;
    std::unique_ptr<adapters::stun::Server> stun;
    std::unique_ptr<adapters::control::Server> control;
    std::vector<std::unique_ptr<adapters::front::Front>> fronts;
    std::atomic<bool> ready{false};
    std::atomic<bool> stopping{false};

    Result<Done> open_data();
    Result<Done> open_store();
    Result<Done> build(std::function<void(std::string)> failed);
    void build_relay();
    core::rpc::Methods services();
    void build_http();
    Result<Done> open_stun();
    Result<Done> open_control();
    Result<Done> open_fronts();
    Result<Done> open_front(const config::Endpoint& endpoint, bool grpc_only);
    Result<Done> open_side(const std::optional<config::SidePort>& port, const char* name,
                           adapters::http::Handler handler);
    Result<Done> open_side_ports();
    Result<Done> open_legacy(const std::optional<config::SidePort>& port, const char* service);
    adapters::control::Json status() const;
    std::string metrics() const;
    void stop();
};

Result<Done> Node::Parts::open_data() {
    if (configuration.data_dir.empty()) return Done{};
    auto opened = DataDir::open(configuration.data_dir);
    if (!opened) return tl::unexpected(opened.error());
    data_dir = std::move(*opened);
    if (!configuration.management) return Done{};

    // Without a file nobody chose secrets: they are made once and kept.
    auto& management = *configuration.management;
    if (management.encryption_key.empty()) {
        auto key = data_dir->keep_secret("encryption.key", adapters::crypto::AesGcmFieldCipher::new_key);
        if (!key) return tl::unexpected(key.error());
        management.encryption_key = *key;
    }
    if (configuration.relay && configuration.relay->auth_secret.empty()) {
        auto secret = data_dir->keep_secret("relay.secret", [this] { return new_hex_secret(*crypto); });
        if (!secret) return tl::unexpected(secret.error());
        configuration.relay->auth_secret = *secret;
        management.relay_secret = *secret;
    }
    return Done{};
}

Result<Done> Node::Parts::open_store() {
    if (!configuration.management) return Done{};
    const auto& management = *configuration.management;
    auto made = adapters::crypto::AesGcmFieldCipher::create(management.encryption_key);
    if (!made) return core::fail(made.error().kind, "failed to create field encryptor: " + made.error().message);
    cipher = std::move(*made);
    auto opened = adapters::sqlite::SqliteStore::open(management.store.file, *cipher);
    if (!opened) return core::fail(opened.error().kind, "failed to create store: " + opened.error().message);
    store = std::move(*opened);
    log::info("using SQLite store engine");

    const auto private_key =
        store->keep_secret("server-key", adapters::crypto::SodiumEnvelope::new_private_key().reveal());
    if (!private_key) return tl::unexpected(private_key.error());
    auto sealed = adapters::crypto::SodiumEnvelope::create(config::Secret(*private_key));
    if (!sealed) return tl::unexpected(sealed.error());
    envelope = std::move(*sealed);
    return Done{};
}

Result<Done> Node::Parts::build(std::function<void(std::string)> failed) {
    if (configuration.management) {
        rules.default_dns_domain = configuration.management->dns_domain;
        infrastructure = std::make_shared<management::Infrastructure>(*configuration.management, *crypto);
        api = std::make_shared<management::LocalApi>(refs.accounts, refs.storage, *crypto);
    }
    TreeParts parts;
    parts.configuration = &configuration;
    parts.crypto = crypto.get();
    parts.node = only_node;
    parts.mailboxes = mailboxes;
    parts.bridge = std::make_shared<core::LocalBridge>();
    parts.signal_counters = signal_counters;
    parts.relay_routes = relay_routes;
    parts.relay_counters = relay_counters;
    parts.store = store;
    parts.rules = rules;
    if (infrastructure) parts.renewal_period = infrastructure->refresh_period();
    tree = std::make_unique<Tree>(system, parts, refs, std::move(failed));

    if (configuration.relay) {
        // Checked by config: an entry that does not parse would have been refused there.
        auto proxies = configuration.relay->trust_all_proxies
                           ? adapters::relay::TrustedProxies::everybody()
                           : adapters::relay::TrustedProxies::parse(configuration.relay->trusted_proxies);
        if (!proxies) return tl::unexpected(proxies.error());
        relay::Health::Settings health;
        health.threshold = configuration.relay->health_check_attempts;
        adapters::relay::ServerSettings settings;
        settings.links.instance_url = configuration.relay->exposed_url;
        settings.proxies = std::move(*proxies);
        relay = std::make_unique<adapters::relay::Server>(
            std::move(settings), std::make_shared<relay::Tokens>(*crypto, configuration.relay->auth_secret.reveal()),
            relay_routes,
            std::make_shared<relay::LinkGate>(refs.relay_links, refs.relay_presence, health, relay_counters),
            relay_counters);
        log::info("Relay server instance URL: {}", configuration.relay->exposed_url);
        log::info("server will be available on: {}", configuration.relay->exposed_url);
    }
    build_http();
    grpc = std::make_unique<adapters::grpc::Server>(services());
    return Done{};
}

core::rpc::Methods Node::Parts::services() {
    core::rpc::Methods methods;
    const auto add = [&methods](core::rpc::Methods more) {
        std::move(more.begin(), more.end(), std::back_inserter(methods));
    };
    if (configuration.signal)
        add(signal::methods({refs.signal_sessions, refs.directory, refs.signal_watch, mailboxes, signal_counters}));
    if (configuration.management) {
        auto shared = std::make_shared<management::SyncShared>();
        shared->infrastructure = infrastructure;
        shared->rules = rules;
        shared->server_key = envelope->server_public_key();
        management::AgentWiring wiring;
        wiring.api = api;
        wiring.envelope = envelope;
        wiring.crypto = crypto;
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

void Node::Parts::build_http() {
    using namespace adapters;
    std::vector<std::pair<std::string, http::UpgradeHandler>> upgrades;
    if (relay)
        for (const auto* path : {"/relay", "/relay/"})
            upgrades.emplace_back(path, [this](http::Upgraded u) { relay->accept(std::move(u)); });

    http::Handler handler;
    if (configuration.management) {
        rest::RestOptions options;
        options.dns_domain = configuration.management->dns_domain;
        options.setup_pat_enabled = configuration.management->setup_pat_enabled;
        options.health = [this] {
            rest::Health health;
            health.http_status = ready ? 200 : 503;
            health.status = ready ? "ok" : stopping ? "draining" : "starting";
            health.version = version;
            return health;
        };
        rest = std::make_unique<rest::RestApi>(*api, *crypto, std::move(options), core::wall_now);
        handler = rest->handler();
    } else {
        handler = [this](std::shared_ptr<const http::Request> request, const http::Respond& respond) {
            // A relay's or Signal's own port: / tells a balancer that the node serves, nothing else is there.
            auto response = http::not_found();
            if (request->path == "/") {
                response.status = ready ? 200 : 503;
                response.body.clear();
            }
            respond(std::move(response));
        };
    }
    http = std::make_unique<http::Server>(http::Limits{}, std::move(handler), std::move(upgrades));
}

Result<Done> Node::Parts::open_stun() {
    if (!configuration.stun) return Done{};
    auto opened = adapters::stun::Server::open(pool.main(), configuration.stun->ports);
    if (!opened) return tl::unexpected(opened.error());
    stun = std::move(*opened);
    return Done{};
}

Result<Done> Node::Parts::open_control() {
    if (!data_dir) return Done{};
    Operator by{api, crypto};
    control =
        std::make_unique<adapters::control::Server>(pool, control_commands([this] { return status(); }, std::move(by)));
    return control->listen(data_dir->file("control.sock"));
}

Result<Done> Node::Parts::open_front(const config::Endpoint& endpoint, bool grpc_only) {
    adapters::front::Receivers receivers;
    receivers.http2 = [this](int listener, int fd, const std::string& read_ahead) {
        grpc->adopt(listener, fd, read_ahead);
    };
    if (!grpc_only)
        receivers.http1 = [this](boost::asio::ip::tcp::socket socket, std::string read_ahead) {
            http->serve(std::move(socket), std::move(read_ahead));
        };
    auto front = std::make_unique<adapters::front::Front>(pool, std::move(receivers));
    auto listening = front->listen(endpoint);
    if (listening) fronts.push_back(std::move(front));
    return listening;
}

// Old agents' gRPC ports: losing one by default is worth a warning, losing one that was asked for is fatal.
Result<Done> Node::Parts::open_legacy(const std::optional<config::SidePort>& port, const char* service) {
    if (!port) return Done{};
    auto opened = open_front(port->endpoint, true);
    if (opened) {
        log::info("running gRPC backward compatibility server: {} ({})", config::to_string(port->endpoint), service);
        return opened;
    }
    if (port->asked_for) return opened;
    log::warn("no gRPC port for old {} agents: {}", service, opened.error().message);
    return Done{};
}

// A small HTTP server beside the public port. Losing one by default is a note, losing one that was asked for is
// fatal: nodes that share a machine share its 9000 and 9090.
Result<Done> Node::Parts::open_side(const std::optional<config::SidePort>& port, const char* name,
                                    adapters::http::Handler handler) {
    if (!port) return Done{};
    auto server =
        std::make_unique<adapters::http::Server>(adapters::http::Limits{}, std::move(handler),
                                                 std::vector<std::pair<std::string, adapters::http::UpgradeHandler>>{});
    adapters::front::Receivers receivers;
    receivers.http2 = [](int, int fd, const std::string&) { ::close(fd); };
    receivers.http1 = [server = server.get()](boost::asio::ip::tcp::socket socket, std::string read_ahead) {
        server->serve(std::move(socket), std::move(read_ahead));
    };
    auto front = std::make_unique<adapters::front::Front>(pool, std::move(receivers));
    auto listening = front->listen(port->endpoint);
    if (!listening) {
        if (port->asked_for) return listening;
        log::info("no {} port: {}", name, listening.error().message);
        return Done{};
    }
    side_http.push_back(std::move(server));
    fronts.push_back(std::move(front));
    return Done{};
}

// Both are about this node, never reached through its public address (config-ops §7, flow-events §11).
Result<Done> Node::Parts::open_side_ports() {
    auto opened = open_side(configuration.metrics, "metrics", metrics_handler([this] { return metrics(); }));
    if (!opened) return opened;
    if (!side_http.empty())
        log::info("running metrics server: {}/metrics", config::to_string(configuration.metrics->endpoint));
    const auto before = side_http.size();
    opened = open_side(configuration.health, "health",
                       health_handler([this] { return ready.load(); }, configuration.relay.has_value()));
    if (opened && side_http.size() > before)
        log::info("starting healthcheck server on: http://{}/health",
                  config::to_string(configuration.health->endpoint));
    return opened;
}

Result<Done> Node::Parts::open_fronts() {
    if (auto opened = open_side_ports(); !opened) return opened;
    if (auto opened = open_front(configuration.listen, false); !opened) return opened;
    if (configuration.signal)
        if (auto opened = open_legacy(configuration.signal->legacy, "Signal"); !opened) return opened;
    if (configuration.management)
        if (auto opened = open_legacy(configuration.management->legacy, "Management"); !opened) return opened;
    return Done{};
}

adapters::control::Json Node::Parts::status() const {
    using Json = adapters::control::Json;
    Json actors = Json::array();
    for (const auto& a : system.vitals().snapshot())
        actors.push_back({{"path", a.path},
                          {"depth", a.depth},
                          {"handled", a.handled},
                          {"busy_us", a.busy.count() / 1000},
                          {"restarts", a.restarts},
                          {"last_error", a.last_error}});
    Json roles = Json::array();
    if (configuration.management) roles.push_back("management");
    if (configuration.signal) roles.push_back("signal");
    if (configuration.relay) roles.push_back("relay");
    if (configuration.stun) roles.push_back("stun");
    return {{"version", version},
            {"state", ready      ? "ready"
                      : stopping ? "draining"
                                 : "starting"},
            {"roles", std::move(roles)},
            {"listen", config::to_string(configuration.listen)},
            {"signal",
             {{"peers", signal_counters->active_peers.load()},
              {"forwarded", signal_counters->messages_forwarded.load()},
              {"not_connected", signal_counters->not_connected.load()}}},
            {"relay",
             {{"peers", relay_counters->peers.load()},
              {"frames", relay_counters->forwarded_frames.load()},
              {"dropped_overflow", relay_counters->dropped_overflow.load()}}},
            {"actors", std::move(actors)}};
}

std::string Node::Parts::metrics() const {
    adapters::metrics::Exposition out;
    add_node(out, version, ready, stopping, system.vitals());
    if (configuration.signal) add_signal(out, configuration.command == "signal" ? "" : "signal_", *signal_counters);
    if (relay) add_relay(out, *relay_counters, relay->activity());
    if (stun) add_stun(out, stun->counters());
    adapters::front::Counters accepted;
    const bool listening = ready || stopping;  // before that, listeners are still being added
    for (std::size_t i = 0; listening && i < fronts.size(); ++i) {
        const auto one = fronts[i]->counters();
        accepted.accepted += one.accepted;
        accepted.too_slow += one.too_slow;
        accepted.wrong_protocol += one.wrong_protocol;
        accepted.over_limit += one.over_limit;
    }
    add_edges(out, accepted, http->counters(), grpc->counters());
    return out.text();
}

void Node::Parts::stop() {
    if (stopping.exchange(true)) return;
    ready = false;
    for (auto& front : fronts) front->close();
    if (control) control->close();
    if (relay) {
        std::promise<void> done;
        relay->close_all(pool.main(), goodbye, [&done] { done.set_value(); });
        done.get_future().wait();
    }
    // The sessions' actors end their streams; what is left gets a moment, then is cut.
    if (tree) tree->stop();
    if (grpc) grpc->shutdown(goodbye);
    if (http) http->close_idle();
    for (auto& side : side_http) side->close_idle();
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

Result<std::unique_ptr<Node>> Node::start(config::Config configuration, std::function<void(std::string)> failed) {
    if (auto supported = check_supported(configuration); !supported) return tl::unexpected(supported.error());
    // A start that fails half-way takes down what it built.
    std::unique_ptr<Node> node(new Node(std::make_unique<Parts>()));
    auto& p = *node->parts_;
    p.configuration = std::move(configuration);

    if (auto ok = p.open_data(); !ok) return tl::unexpected(ok.error());
    if (auto ok = p.open_stun(); !ok) return tl::unexpected(ok.error());
    if (auto ok = p.open_store(); !ok) return tl::unexpected(ok.error());
    if (auto ok = p.build(std::move(failed)); !ok) return tl::unexpected(ok.error());
    if (p.configuration.management) log::info("Management server created");
    if (p.configuration.signal) log::info("Signal server created");
    if (auto ok = p.open_control(); !ok) return tl::unexpected(ok.error());
    // Listeners last: nothing is accepted before everything behind it is up.
    if (auto ok = p.open_fronts(); !ok) return tl::unexpected(ok.error());
    p.ready = true;
    log::info("running HTTP server and gRPC server on the same port: {}", config::to_string(p.configuration.listen));
    if (p.configuration.command == "signal") {
        log::info("signal server version {}", version);
        log::info("started Signal Service");
    }
    return node;
}

}  // namespace rookery::runtime
