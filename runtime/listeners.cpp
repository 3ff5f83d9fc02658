#include "runtime/listeners.hpp"

#include <unistd.h>

#include "actors/core/log.hpp"

namespace rookery::runtime {
namespace {

using adapters::front::Receivers;
using core::Done;
using core::Result;
namespace log = core::log;

auto serve_on(adapters::http::Server& server) {
    return [&server](adapters::io::Stream stream, std::string read_ahead) {
        server.serve(std::move(stream), std::move(read_ahead));
    };
}

}  // namespace

Receivers Listeners::to_grpc() {
    Receivers receivers;
    receivers.http2 = [this](int listener, int fd, const std::string& read_ahead) {
        grpc_.adopt(listener, fd, read_ahead);
    };
    return receivers;
}

Result<Done> Listeners::open(const config::Endpoint& endpoint, Receivers receivers, adapters::front::Tls tls) {
    auto front = std::make_unique<adapters::front::Front>(pool_, std::move(receivers), adapters::front::Limits{},
                                                          std::move(tls));
    auto listening = front->listen(endpoint);
    if (!listening) return listening;
    std::lock_guard lock(mutex_);
    fronts_.push_back(std::move(front));
    return listening;
}

Result<Done> Listeners::open_public(const config::Endpoint& endpoint) {
    auto receivers = to_grpc();
    receivers.http1 = serve_on(http_);
    return open(endpoint, std::move(receivers), {credentials_});
}

Result<Done> Listeners::open_legacy(const std::optional<config::SidePort>& port, const char* service) {
    if (!port) return Done{};
    auto opened = open(port->endpoint, to_grpc(), {credentials_, true});
    if (opened) {
        log::info("running gRPC backward compatibility server: {} ({})", config::to_string(port->endpoint), service);
        return opened;
    }
    if (port->asked_for) return opened;
    log::warn("no gRPC port for old {} agents: {}", service, opened.error().message);
    return Done{};
}

Result<bool> Listeners::open_side(const std::optional<config::SidePort>& port, const char* name,
                                  adapters::http::Handler handler) {
    if (!port) return false;
    auto server =
        std::make_unique<adapters::http::Server>(adapters::http::Limits{}, std::move(handler),
                                                 std::vector<std::pair<std::string, adapters::http::UpgradeHandler>>{});
    Receivers receivers;
    receivers.http2 = [](int, int fd, const std::string&) { ::close(fd); };
    receivers.http1 = serve_on(*server);
    auto listening = open(port->endpoint, std::move(receivers));
    if (!listening) {
        if (port->asked_for) return tl::unexpected(listening.error());
        log::info("no {} port: {}", name, listening.error().message);
        return false;
    }
    side_http_.push_back(std::move(server));
    return true;
}

void Listeners::close() {
    for (auto& front : fronts_) front->close();
}

void Listeners::close_idle_sides() {
    for (auto& side : side_http_) side->close_idle();
}

adapters::front::Counters Listeners::counters() const {
    std::lock_guard lock(mutex_);
    adapters::front::Counters sum;
    for (const auto& front : fronts_) {
        const auto one = front->counters();
        sum.accepted += one.accepted;
        sum.too_slow += one.too_slow;
        sum.wrong_protocol += one.wrong_protocol;
        sum.over_limit += one.over_limit;
        sum.tls_handshakes += one.tls_handshakes;
        sum.tls_failures += one.tls_failures;
    }
    return sum;
}

}  // namespace rookery::runtime
