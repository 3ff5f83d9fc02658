#include "adapters/front/front.hpp"

#include <atomic>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <optional>

#include "actors/core/faults.hpp"
#include "actors/core/log.hpp"
#include "adapters/front/sniffer.hpp"
#include "adapters/io/address.hpp"

namespace rookery::adapters::front {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

struct Front::Shared : Desk, std::enable_shared_from_this<Front::Shared> {
    Shared(io::Pool& p, Receivers r, Limits l, Tls t)
        : Desk(std::move(r), l, std::move(t)), pool(p), acceptor(p.main()) {}

    io::Pool& pool;
    tcp::acceptor acceptor;
    std::optional<asio::steady_timer> pause;  // between tries when accepting fails (no descriptors)
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<bool> closed{false};

    void accept_next() {
        auto& context = pool.next();
        acceptor.async_accept(context, [self = shared_from_this()](error_code ec, tcp::socket socket) {
            if (ec == asio::error::operation_aborted || !self->acceptor.is_open()) return;
            if (ec) {
                core::log::warn("cannot accept a connection: {}; trying again in 100 ms", ec.message());
                self->pause.emplace(self->pool.main(), std::chrono::milliseconds(100));
                self->pause->async_wait([self](error_code) { self->accept_next(); });
                return;
            }
            self->take(std::move(socket));
            self->accept_next();
        });
    }

    void take(tcp::socket socket);
};

namespace {

const core::faults::Point accept_fault{"front.accept", core::faults::can_drop};

core::Error bind_error(const config::Endpoint& endpoint, const error_code& ec) {
    const auto where = config::to_string(endpoint);
    if (ec == asio::error::address_in_use)
        return {core::ErrorKind::unavailable,
                fmt::format("cannot listen on {}: the port is in use by another process; stop that one (ss -ltnp "
                            "'sport = :{}' names it) or choose another address",
                            where, endpoint.port)};
    if (ec == asio::error::access_denied)
        return {core::ErrorKind::permission_denied,
                fmt::format("cannot listen on {}: {}; ports below 1024 need root or CAP_NET_BIND_SERVICE", where,
                            ec.message())};
    return {core::ErrorKind::unavailable, fmt::format("cannot listen on {}: {}", where, ec.message())};
}

}  // namespace

void Front::Shared::take(tcp::socket socket) {
    accepted.fetch_add(1, std::memory_order_relaxed);
    if (accept_fault.pass() != core::faults::Verdict::go_on) return;
    if (undecided.fetch_add(1, std::memory_order_relaxed) >= limits.max_connections) {
        undecided.fetch_sub(1, std::memory_order_relaxed);
        over_limit.fetch_add(1, std::memory_order_relaxed);
        core::log::debug("closed connection from {}: {} others have not said their protocol yet",
                         io::remote_text(socket), limits.max_connections);
        return;
    }
    auto executor = socket.get_executor();
    auto sniffer =
        std::make_shared<Sniffer>(shared_from_this(), acceptor.native_handle(), io::Stream(std::move(socket)));
    asio::post(executor, [sniffer] { sniffer->begin(); });
}

Front::Front(io::Pool& pool, Receivers receivers, Limits limits, Tls tls)
    : shared_(std::make_shared<Shared>(pool, std::move(receivers), limits, std::move(tls))) {}

Front::~Front() {
    close();
}

core::Result<core::Done> Front::listen(const config::Endpoint& endpoint) {
    auto& acceptor = shared_->acceptor;
    error_code ec;
    const auto bind = [&](const asio::ip::address& address) {
        acceptor.close(ec);
        const tcp::endpoint where(address, endpoint.port);
        if (acceptor.open(where.protocol(), ec)) return false;
        acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
        if (address.is_v6()) acceptor.set_option(asio::ip::v6_only(!address.is_unspecified()), ec);
        return !acceptor.bind(where, ec) && !acceptor.listen(4096, ec);
    };
    bool bound = false;
    if (endpoint.host.empty()) {
        bound = bind(asio::ip::address_v6::any());
        if (!bound && ec != asio::error::address_in_use) bound = bind(asio::ip::address_v4::any());
    } else {
        tcp::resolver resolver(shared_->pool.main());
        const auto found = resolver.resolve(endpoint.host, std::to_string(endpoint.port), tcp::resolver::passive, ec);
        if (!ec && !found.empty()) bound = bind(found.begin()->endpoint().address());
    }
    if (!bound) {
        error_code ignored;
        acceptor.close(ignored);
        return tl::unexpected(bind_error(endpoint, ec));
    }
    asio::post(shared_->pool.main(), [shared = shared_] { shared->accept_next(); });
    return core::Done{};
}

std::uint16_t Front::port() const {
    error_code ec;
    return shared_->acceptor.local_endpoint(ec).port();
}

void Front::close() {
    if (shared_->closed.exchange(true)) return;
    // On the acceptor's own thread, where no accept can be under way.
    std::promise<void> closed;
    asio::post(shared_->pool.main(), [&] {
        error_code ec;
        if (shared_->acceptor.is_open()) {
            shared_->acceptor.cancel(ec);
            shared_->acceptor.non_blocking(true, ec);
            for (;;) {
                tcp::socket socket(shared_->pool.next());
                shared_->acceptor.accept(socket, ec);
                if (ec) break;
                shared_->take(std::move(socket));
            }
            shared_->acceptor.close(ec);
        }
        closed.set_value();
    });
    closed.get_future().wait();
}

Counters Front::counters() const {
    return {shared_->accepted.load(),   shared_->too_slow.load(),       shared_->wrong_protocol.load(),
            shared_->over_limit.load(), shared_->tls_handshakes.load(), shared_->tls_failures.load()};
}

}  // namespace rookery::adapters::front
