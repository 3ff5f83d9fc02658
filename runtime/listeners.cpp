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

Receivers to_grpc(adapters::grpc::Server& grpc) {
    Receivers receivers;
    receivers.http2 = [&grpc](int listener, int fd, const std::string& read_ahead) {
        grpc.adopt(listener, fd, read_ahead);
    };
    return receivers;
}

}  // namespace

Result<adapters::front::Front*> Listeners::open(Fronts& kind, const config::Endpoint& endpoint, Receivers receivers,
                                                adapters::front::Tls tls) {
    auto front = std::make_unique<Front>(pool_, std::move(receivers), adapters::front::Limits{}, std::move(tls));
    if (auto listening = front->listen(endpoint); !listening) return tl::unexpected(listening.error());
    std::lock_guard lock(mutex_);
    return kind.emplace_back(std::move(front)).get();
}

Result<boost::asio::ip::tcp::endpoint> Listeners::open_public(const config::Endpoint& endpoint, Credentials credentials,
                                                              adapters::grpc::Server& grpc,
                                                              adapters::http::Server& http) {
    auto receivers = to_grpc(grpc);
    receivers.http1 = serve_on(http);
    return open(public_, endpoint, std::move(receivers), {std::move(credentials)}).map([](Front* front) {
        return front->local();
    });
}

Result<Done> Listeners::open_legacy(const std::optional<config::SidePort>& port, const char* service,
                                    Credentials credentials, adapters::grpc::Server& grpc) {
    if (!port) return Done{};
    const auto opened = open(public_, port->endpoint, to_grpc(grpc), {std::move(credentials), true});
    if (opened) {
        log::info("running gRPC backward compatibility server: {} ({})", config::to_string(port->endpoint), service);
        return Done{};
    }
    if (port->asked_for) return tl::unexpected(opened.error());
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
    const auto listening = open(sides_, port->endpoint, std::move(receivers));
    if (!listening) {
        if (port->asked_for) return tl::unexpected(listening.error());
        log::info("no {} port: {}", name, listening.error().message);
        return false;
    }
    side_http_.push_back(std::move(server));
    return true;
}

void Listeners::close_public() {
    for (auto& front : public_) front->close();
}

void Listeners::close_sides() {
    for (auto& front : sides_) front->close();
    for (auto& side : side_http_) side->close_idle();
}

adapters::front::Counters Listeners::counters() const {
    std::lock_guard lock(mutex_);
    adapters::front::Counters sum;
    for (const auto* kind : {&public_, &sides_})
        for (const auto& front : *kind) {
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
