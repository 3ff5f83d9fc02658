#include "adapters/front/front.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <future>
#include <optional>

#include "actors/core/log.hpp"
#include "adapters/io/address.hpp"

namespace rookery::adapters::front {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

Protocol classify(std::string_view first_bytes) {
    const auto n = std::min(first_bytes.size(), preface.size());
    if (first_bytes.substr(0, n) == preface.substr(0, n))
        return n == preface.size() ? Protocol::http2 : Protocol::undecided;
    // A TLS record: handshake (22), version 3.x.
    if (first_bytes[0] == 22) {
        if (first_bytes.size() == 1) return Protocol::undecided;
        if (first_bytes[1] == 3) return Protocol::tls;
    }
    return Protocol::http1;
}

struct Front::Shared : std::enable_shared_from_this<Front::Shared> {
    Shared(io::Pool& p, Receivers r, Limits l) : pool(p), receivers(std::move(r)), limits(l), acceptor(p.main()) {}

    io::Pool& pool;
    const Receivers receivers;
    const Limits limits;
    tcp::acceptor acceptor;
    std::optional<asio::steady_timer> pause;  // between tries when accepting fails (no descriptors)
    std::atomic<std::uint64_t> accepted{0}, too_slow{0}, wrong_protocol{0}, over_limit{0};
    std::atomic<std::size_t> undecided{0};
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

// A connection whose protocol is not known yet. Lives on the connection's own io_context.
template <class Shared>
class Sniffer : public std::enable_shared_from_this<Sniffer<Shared>> {
public:
    Sniffer(std::shared_ptr<Shared> shared, tcp::socket socket)
        : shared_(std::move(shared)), socket_(std::move(socket)), deadline_(socket_.get_executor()) {}
    ~Sniffer() { shared_->undecided.fetch_sub(1, std::memory_order_relaxed); }

    void begin() {
        deadline_.expires_after(shared_->limits.first_bytes);
        deadline_.async_wait([self = this->shared_from_this()](error_code ec) {
            if (ec) return;
            self->shared_->too_slow.fetch_add(1, std::memory_order_relaxed);
            self->reject("sent nothing that tells its protocol in time");
        });
        wait();
    }

private:
    void wait() {
        socket_.async_wait(tcp::socket::wait_read, [self = this->shared_from_this()](error_code ec) {
            if (!ec) self->look();
        });
    }

    // Reads no more than the preface: what follows it is for the receiver to read.
    void look() {
        std::array<char, preface.size()> buffer;
        const auto want = preface.size() - read_.size();
        const auto n = ::recv(socket_.native_handle(), buffer.data(), want, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return wait();
        if (n <= 0) return close();
        read_.append(buffer.data(), static_cast<std::size_t>(n));
        switch (classify(read_)) {
            case Protocol::undecided: return wait();
            case Protocol::http2: return hand_to_http2();
            case Protocol::http1: return hand_to_http1();
            case Protocol::tls:
                shared_->wrong_protocol.fetch_add(1, std::memory_order_relaxed);
                return reject("speaks TLS to a port without TLS");
        }
    }

    void hand_to_http2() {
        deadline_.cancel();
        error_code ec;
        const int fd = socket_.release(ec);
        if (!ec) shared_->receivers.http2(shared_->acceptor.native_handle(), fd, std::move(read_));
    }

    void hand_to_http1() {
        deadline_.cancel();
        if (shared_->receivers.http1) return shared_->receivers.http1(io::Stream(std::move(socket_)), std::move(read_));
        shared_->wrong_protocol.fetch_add(1, std::memory_order_relaxed);
        reject("does not speak HTTP/2 to a port that offers gRPC only");
    }

    void reject(std::string_view why) {
        core::log::debug("closed connection from {}: it {}", io::remote_text(socket_), why);
        close();
    }

    void close() {
        deadline_.cancel();
        error_code ec;
        socket_.close(ec);
    }

    std::shared_ptr<Shared> shared_;
    tcp::socket socket_;
    asio::steady_timer deadline_;
    std::string read_;
};

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
    if (undecided.fetch_add(1, std::memory_order_relaxed) >= limits.max_connections) {
        undecided.fetch_sub(1, std::memory_order_relaxed);
        over_limit.fetch_add(1, std::memory_order_relaxed);
        core::log::debug("closed connection from {}: {} others have not said their protocol yet",
                         io::remote_text(socket), limits.max_connections);
        return;
    }
    error_code ec;
    socket.set_option(tcp::no_delay(true), ec);
    socket.non_blocking(true, ec);
    auto executor = socket.get_executor();
    auto sniffer = std::make_shared<Sniffer<Shared>>(shared_from_this(), std::move(socket));
    asio::post(executor, [sniffer] { sniffer->begin(); });
}

Front::Front(io::Pool& pool, Receivers receivers, Limits limits)
    : shared_(std::make_shared<Shared>(pool, std::move(receivers), limits)) {}

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
    return {shared_->accepted.load(), shared_->too_slow.load(), shared_->wrong_protocol.load(),
            shared_->over_limit.load()};
}

}  // namespace rookery::adapters::front
