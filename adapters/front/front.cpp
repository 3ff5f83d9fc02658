#include "adapters/front/front.hpp"

#include <atomic>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <mutex>
#include <optional>

#include "actors/core/faults.hpp"
#include "actors/core/log.hpp"
#include "actors/core/seldom.hpp"
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
    core::Seldom refused_line;
    std::mutex changing;        // one listen() or close() at a time
    config::Endpoint endpoint;  // what was bound, with its port

    // The rest belongs to the pool's main context.
    unsigned opening = 0;  // counts closings: an accept that was under way before one does not go on after it

    void accept_next() {
        auto& context = pool.next();
        acceptor.async_accept(
            context, [self = shared_from_this(), opening = opening](error_code ec, tcp::socket socket) {
                // Taken whatever happened since: its client has been told that it is connected.
                if (!ec) self->take(std::move(socket));
                if (opening != self->opening || !self->acceptor.is_open()) return;
                if (!ec) return self->accept_next();
                if (const auto times = self->refused_line.happened(std::chrono::steady_clock::now()))
                    core::log::warn(
                        "cannot accept a connection: {}; trying again every 100 ms ({} since the last such line)",
                        ec.message(), *times);
                self->pause.emplace(self->pool.main(), std::chrono::milliseconds(100));
                self->pause->async_wait([self, opening](error_code cancelled) {
                    if (!cancelled && opening == self->opening) self->accept_next();
                });
            });
    }

    bool bind(const config::Endpoint& wanted, error_code& ec);
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

bool Front::Shared::bind(const config::Endpoint& wanted, error_code& ec) {
    const auto one = [&](const asio::ip::address& address) {
        acceptor.close(ec);
        const tcp::endpoint where(address, wanted.port);
        if (acceptor.open(where.protocol(), ec)) return false;
        acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
        if (address.is_v6()) acceptor.set_option(asio::ip::v6_only(!address.is_unspecified()), ec);
        return !acceptor.bind(where, ec) && !acceptor.listen(4096, ec);
    };
    if (wanted.host.empty())
        return one(asio::ip::address_v6::any()) ||
               (ec != asio::error::address_in_use && one(asio::ip::address_v4::any()));
    tcp::resolver resolver(pool.main());
    const auto found = resolver.resolve(wanted.host, std::to_string(wanted.port), tcp::resolver::passive, ec);
    return !ec && !found.empty() && one(found.begin()->endpoint().address());
}

core::Result<core::Done> Front::listen(const config::Endpoint& endpoint) {
    std::lock_guard lock(shared_->changing);
    error_code ec;
    if (!shared_->bind(endpoint, ec)) {
        error_code ignored;
        shared_->acceptor.close(ignored);
        return tl::unexpected(bind_error(endpoint, ec));
    }
    shared_->endpoint = {endpoint.host, port()};
    asio::post(shared_->pool.main(), [shared = shared_] { shared->accept_next(); });
    return core::Done{};
}

core::Result<core::Done> Front::reopen() {
    config::Endpoint before;
    {
        std::lock_guard lock(shared_->changing);
        before = shared_->endpoint;
    }
    return listen(before);
}

tcp::endpoint Front::local() const {
    error_code ec;
    return shared_->acceptor.local_endpoint(ec);
}

void Front::close() {
    std::lock_guard lock(shared_->changing);
    if (!shared_->acceptor.is_open()) return;
    // On the acceptor's own thread, where no accept can be under way.
    std::promise<void> closed;
    asio::post(shared_->pool.main(), [&] {
        error_code ec;
        ++shared_->opening;
        shared_->pause.reset();
        shared_->acceptor.cancel(ec);
        shared_->acceptor.non_blocking(true, ec);
        for (;;) {
            tcp::socket socket(shared_->pool.next());
            shared_->acceptor.accept(socket, ec);
            if (ec) break;
            shared_->take(std::move(socket));
        }
        shared_->acceptor.close(ec);
        closed.set_value();
    });
    closed.get_future().wait();
}

Counters Front::counters() const {
    return {shared_->accepted.load(),   shared_->too_slow.load(),       shared_->wrong_protocol.load(),
            shared_->over_limit.load(), shared_->tls_handshakes.load(), shared_->tls_failures.load()};
}

}  // namespace rookery::adapters::front
