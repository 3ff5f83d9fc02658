#include "adapters/wsproxy/server.hpp"

#include <boost/asio/dispatch.hpp>

#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/core/log.hpp"
#include "actors/core/seldom.hpp"
#include "adapters/websocket/handshake.hpp"

namespace rookery::adapters::wsproxy {

namespace log = core::log;

namespace {

http::Response unavailable(const char* why) {
    http::Response r;
    r.status = 503;
    r.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    r.body = std::string(why) + "\n";
    return r;
}

}  // namespace

struct Server::Host final : TunnelHost, std::enable_shared_from_this<Host> {
    std::size_t max_tunnels = 0;
    io::ProxyTrust trust;
    Connect connect;
    core::Seldom no_pipe_line;

    bool draining() const override {
        std::lock_guard lock(mutex);
        return leaving;
    }

    void tunnel_ended(const Tunnel& tunnel) override {
        std::lock_guard lock(mutex);
        if (tunnels.erase(&tunnel) == 0) return;
        counters.active.fetch_sub(1, std::memory_order_relaxed);
        if (tunnels.empty()) none_left.notify_all();
    }

    // A pipe to gRPC, or what the upgrade is refused with. Under the lock, so that none is made after drain().
    tl::expected<int, const char*> admit(const std::shared_ptr<Tunnel>& tunnel, const std::string& client) {
        std::lock_guard lock(mutex);
        const auto no = [](const char* why) { return tl::unexpected<const char*>(why); };
        if (leaving) return no("the server is shutting down");
        if (tunnels.size() >= max_tunnels) return no("too many tunnels");
        const auto pipe = connect(client);
        if (!pipe) {
            if (const auto times = no_pipe_line.happened(std::chrono::steady_clock::now()))
                log::error("no tunnel for {}: {} ({} since the last such line)", client, pipe.error().message, *times);
            return no("no connection to gRPC");
        }
        tunnels.emplace(tunnel.get(), tunnel);
        counters.active.fetch_add(1, std::memory_order_relaxed);
        return *pipe;
    }

    void take(http::Upgraded connection) {
        const auto& request = *connection.request;
        const auto client = io::client_address(request.remote, request.headers, trust);
        const auto accept = websocket::check_upgrade(request);
        const auto tunnel = std::make_shared<Tunnel>(shared_from_this(), std::move(connection.stream), client);
        const auto refuse = [&](const http::Response& answer) {
            tunnel->start_refused(websocket::refusal_bytes(request, answer));
        };
        if (!accept) return refuse(accept.error());
        const auto pipe = admit(tunnel, client);
        if (!pipe) return refuse(unavailable(pipe.error()));
        log::debug("tunnel of {} opened on {}", client, request.path);
        tunnel->start(*pipe, websocket::switching_protocols(*accept), std::move(connection.leftover));
    }

    mutable std::mutex mutex;
    std::condition_variable none_left;
    std::unordered_map<const Tunnel*, std::weak_ptr<Tunnel>> tunnels;  // added and not ended
    bool leaving = false;
};

Server::Server(Settings settings, Connect connect) : host_(std::make_shared<Host>()) {
    host_->settings = settings.tunnels;
    host_->max_tunnels = settings.max_tunnels;
    host_->trust = std::move(settings.trust);
    host_->connect = std::move(connect);
}

Server::~Server() = default;

void Server::accept(http::Upgraded connection) {
    auto executor = connection.stream.executor();
    asio::dispatch(executor,
                   [host = host_, connection = std::move(connection)]() mutable { host->take(std::move(connection)); });
}

void Server::drain() {
    std::lock_guard lock(host_->mutex);
    host_->leaving = true;
}

void Server::close_all(std::chrono::milliseconds limit) {
    drain();
    std::unique_lock lock(host_->mutex);
    for (const auto& [raw, weak] : host_->tunnels)
        if (const auto tunnel = weak.lock()) tunnel->go_away();
    host_->none_left.wait_for(lock, limit, [this] { return host_->tunnels.empty(); });
}

const Counters& Server::counters() const {
    return host_->counters;
}

}  // namespace rookery::adapters::wsproxy
