#include "adapters/relay/server.hpp"

#include <boost/asio/dispatch.hpp>

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/core/log.hpp"
#include "adapters/io/client_address.hpp"
#include "adapters/websocket/frame.hpp"
#include "adapters/websocket/handshake.hpp"

namespace rookery::adapters::relay {

namespace log = core::log;

namespace {

constexpr auto active_window = std::chrono::seconds(30);

std::string internal_error_frame() {
    std::string frame;
    websocket::append_close(frame, websocket::CloseCode::internal_error, "internal error");
    return frame;
}

http::Response unavailable() {
    http::Response r;
    r.status = 503;
    r.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    r.body = "relay is shutting down\n";
    return r;
}

}  // namespace

struct Server::Host final : LinkHost, std::enable_shared_from_this<Host> {
    io::Networks proxies;

    void link_ended(const Link& link) override {
        std::lock_guard lock(mutex);
        links.erase(&link);
    }

    // false: the node is closing its links.
    bool add(const std::shared_ptr<Link>& link) {
        std::lock_guard lock(mutex);
        if (draining) return false;
        links.emplace(link.get(), link);
        return true;
    }

    std::vector<std::shared_ptr<Link>> snapshot() const {
        std::lock_guard lock(mutex);
        std::vector<std::shared_ptr<Link>> all;
        all.reserve(links.size());
        for (const auto& [raw, weak] : links)
            if (auto link = weak.lock()) all.push_back(std::move(link));
        return all;
    }

    void take(http::Upgraded connection);

    mutable std::mutex mutex;
    std::unordered_map<const Link*, std::weak_ptr<Link>> links;  // started and not ended
    bool draining = false;
};

Server::Server(ServerSettings settings, std::shared_ptr<const rookery::relay::Tokens> tokens,
               std::shared_ptr<const rookery::relay::Routes> routes, std::shared_ptr<rookery::relay::LinkOpener> opener,
               std::shared_ptr<rookery::relay::RelayCounters> counters)
    : host_(std::make_shared<Host>()) {
    host_->settings = std::move(settings.links);
    host_->proxies = std::move(settings.proxies);
    host_->tokens = std::move(tokens);
    host_->routes = std::move(routes);
    host_->opener = std::move(opener);
    host_->counters = std::move(counters);
}

Server::~Server() = default;

void Server::accept(http::Upgraded connection) {
    auto executor = connection.stream.executor();
    asio::dispatch(executor,
                   [host = host_, connection = std::move(connection)]() mutable { host->take(std::move(connection)); });
}

void Server::Host::take(http::Upgraded connection) {
    const auto& request = *connection.request;
    const auto accept = websocket::check_upgrade(request);
    const auto address = io::client_of_relay(request.remote, request.headers, proxies);
    auto link =
        std::make_shared<Link>(shared_from_this(), std::move(connection.stream), address.value_or(request.remote));
    if (!accept) {
        counters->refused_upgrades.fetch_add(1, std::memory_order_relaxed);
        return link->start_refused(websocket::refusal_bytes(request, accept.error()));
    }
    if (!address) {
        counters->refused_upgrades.fetch_add(1, std::memory_order_relaxed);
        if (const auto times = no_client_address.happened(std::chrono::steady_clock::now()))
            log::warn(
                "{}: X-Real-Ip and X-Real-Port of a trusted proxy are not an address and a port; {} since the last "
                "such line",
                request.remote, *times);
        return link->start_refused(websocket::switching_protocols(*accept) + internal_error_frame());
    }
    if (!add(link)) {
        counters->refused_upgrades.fetch_add(1, std::memory_order_relaxed);
        return link->start_refused(websocket::refusal_bytes(request, unavailable()));
    }
    log::info("WS client connected from: {}", *address);
    link->start(websocket::switching_protocols(*accept), std::move(connection.leftover));
}

void Server::refuse_new() {
    std::lock_guard lock(host_->mutex);
    host_->draining = true;
}

std::vector<std::function<void()>> Server::farewells() const {
    std::vector<std::function<void()>> out;
    for (auto& link : host_->snapshot())
        out.push_back([weak = std::weak_ptr(link)] {
            if (const auto link = weak.lock()) link->goodbye();
        });
    return out;
}

std::size_t Server::links() const {
    std::lock_guard lock(host_->mutex);
    return host_->links.size();
}

Server::Activity Server::activity() const {
    const auto since = std::chrono::steady_clock::now() - active_window;
    Activity a;
    for (const auto& link : host_->snapshot()) {
        if (!link->authenticated()) continue;
        ++(link->active_since(since) ? a.active : a.idle);
    }
    return a;
}

}  // namespace rookery::adapters::relay
