#include "adapters/stun/server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <fmt/core.h>

#include "actors/core/faults.hpp"
#include "actors/core/log.hpp"
#include "actors/core/seldom.hpp"
#include "actors/stun/message.hpp"

namespace rookery::adapters::stun {

namespace log = core::log;
using asio::ip::udp;
using rookery::stun::Source;
using rookery::stun::Verdict;

namespace {

const core::faults::Point receive_fault{"stun.receive", core::faults::can_drop};

constexpr std::size_t receive_size = 1500;
constexpr int datagrams_per_wakeup = 64;  // then the other sockets of the thread get their turn

struct Bound {
    int fd = -1;
    bool v6 = false;
    std::uint16_t port = 0;
};

core::Error bind_error(std::uint16_t port, int error) {
    const char* advice = error == EADDRINUSE ? "another process has the port: stop it or choose another STUN port"
                         : error == EACCES   ? "ports below 1024 need CAP_NET_BIND_SERVICE: grant it or choose another"
                                             : "check the network configuration of this host";
    return {core::ErrorKind::unavailable,
            fmt::format("cannot listen for STUN on UDP port {}: {} ({})", port, std::strerror(error), advice)};
}

bool enable(int fd, int level, int option, int value = 1) {
    return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// IPv6 with IPv4-mapped addresses; IPv4 only on hosts without IPv6.
core::Result<Bound> bind_port(std::uint16_t port) {
    for (const bool v6 : {true, false}) {
        Bound b{::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), v6, port};
        if (b.fd < 0) {
            if (v6 && errno == EAFNOSUPPORT) continue;
            return tl::unexpected(bind_error(port, errno));
        }
        sockaddr_storage address{};
        socklen_t size = 0;
        bool ready = false;
        if (v6) {
            ready = enable(b.fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) && enable(b.fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
            auto& a = reinterpret_cast<sockaddr_in6&>(address);
            a.sin6_family = AF_INET6;
            a.sin6_port = htons(port);
            size = sizeof a;
        } else {
            ready = enable(b.fd, IPPROTO_IP, IP_PKTINFO);
            auto& a = reinterpret_cast<sockaddr_in&>(address);
            a.sin_family = AF_INET;
            a.sin_port = htons(port);
            size = sizeof a;
        }
        if (!ready || ::bind(b.fd, reinterpret_cast<sockaddr*>(&address), size) != 0) {
            const int error = errno;
            ::close(b.fd);
            if (v6 && error == EADDRNOTAVAIL) continue;
            return tl::unexpected(bind_error(port, error));
        }
        ::getsockname(b.fd, reinterpret_cast<sockaddr*>(&address), &size);
        b.port = ntohs(v6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                          : reinterpret_cast<sockaddr_in&>(address).sin_port);
        return b;
    }
    return tl::unexpected(bind_error(port, EAFNOSUPPORT));
}

Source source_of(const sockaddr_storage& from) {
    Source s;
    if (from.ss_family == AF_INET) {
        const auto& a = reinterpret_cast<const sockaddr_in&>(from);
        std::memcpy(s.address.data(), &a.sin_addr, 4);
        s.port = ntohs(a.sin_port);
        return s;
    }
    const auto& a = reinterpret_cast<const sockaddr_in6&>(from);
    s.port = ntohs(a.sin6_port);
    s.v6 = !IN6_IS_ADDR_V4MAPPED(&a.sin6_addr);
    std::memcpy(s.address.data(), a.sin6_addr.s6_addr + (s.v6 ? 0 : 12), s.v6 ? 16 : 4);
    return s;
}

// Turns "where it was sent to" of a received datagram into "where to send from". The interface is left to
// routing, except where an address means nothing without one.
void answer_from(msghdr& message) {
    for (auto* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            auto* info = reinterpret_cast<in6_pktinfo*>(CMSG_DATA(c));
            if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) info->ipi6_ifindex = 0;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            auto* info = reinterpret_cast<in_pktinfo*>(CMSG_DATA(c));
            info->ipi_spec_dst = info->ipi_addr;
            info->ipi_ifindex = 0;
        }
    }
}

}  // namespace

// On its context only, except stop().
class Server::Socket : public std::enable_shared_from_this<Socket> {
public:
    Socket(asio::io_context& context, const Bound& bound, std::shared_ptr<Counters> counters)
        : socket_(context, bound.v6 ? udp::v6() : udp::v4(), bound.fd),
          port_(bound.port),
          counters_(std::move(counters)) {}

    void wait() {
        socket_.async_wait(udp::socket::wait_read, [self = shared_from_this()](const auto& error) {
            if (error) return;
            self->on_readable();
            self->wait();
        });
    }

    void stop() {
        asio::post(socket_.get_executor(), [self = shared_from_this()] {
            boost::system::error_code ignored;
            self->socket_.close(ignored);
        });
    }

private:
    void on_readable() {
        for (int i = 0; i < datagrams_per_wakeup; ++i) {
            std::array<std::uint8_t, receive_size> buffer;
            alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> control;
            sockaddr_storage from{};
            iovec vector{buffer.data(), buffer.size()};
            msghdr message{};
            message.msg_name = &from;
            message.msg_namelen = sizeof from;
            message.msg_iov = &vector;
            message.msg_iovlen = 1;
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            const auto size = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
            if (size < 0) {
                // Errors of earlier answers (ICMP) surface here; they say nothing about this socket.
                if (errno == EAGAIN || errno == EWOULDBLOCK) return;
                continue;
            }
            handle({buffer.data(), static_cast<std::size_t>(size)}, message, from);
        }
    }

    void handle(std::span<const std::uint8_t> datagram, msghdr& message, const sockaddr_storage& from) {
        if (receive_fault.pass() != core::faults::Verdict::go_on) return;
        switch (rookery::stun::classify(datagram)) {
            case Verdict::binding_request: break;
            case Verdict::malformed: return on_malformed();
            case Verdict::not_stun:
            case Verdict::not_a_request: ++counters_->ignored; return;
        }
        auto response = rookery::stun::answer(datagram, source_of(from));
        iovec vector{response.bytes.data(), response.size};
        message.msg_iov = &vector;
        message.msg_flags = 0;
        answer_from(message);
        if (::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            ++counters_->unsendable;
        else
            ++counters_->answered;
    }

    void on_malformed() {
        ++counters_->malformed;
        if (const auto times = malformed_line_.happened(std::chrono::steady_clock::now()))
            log::warn("malformed STUN message on UDP port {} ({} since the last such line)", port_, *times);
    }

    udp::socket socket_;
    const std::uint16_t port_;
    const std::shared_ptr<Counters> counters_;
    core::Seldom malformed_line_;
};

core::Result<std::unique_ptr<Server>> Server::open(asio::io_context& context, const std::vector<std::uint16_t>& ports) {
    std::unique_ptr<Server> server(new Server);
    for (const auto port : ports) {
        const auto bound = bind_port(port);
        if (!bound) return tl::unexpected(bound.error());
        server->sockets_.push_back(std::make_shared<Socket>(context, *bound, server->counters_));
        server->ports_.push_back(bound->port);
    }
    for (std::size_t i = 0; i < server->sockets_.size(); ++i) {
        asio::post(context, [socket = server->sockets_[i]] { socket->wait(); });
        log::info("STUN server listening on UDP port {}", server->ports_[i]);
    }
    return server;
}

Server::~Server() {
    close();
}

void Server::close() {
    for (const auto& socket : sockets_) socket->stop();
    sockets_.clear();
}

}  // namespace rookery::adapters::stun
