#include "tests/bench/load/connection.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tests/bench/load/arguments.hpp"
#include "tests/bench/load/clock.hpp"

namespace rookery::bench {
namespace {

// The servers of a benchmark have certificates of their own making: not verified.
SSL_CTX* make_tls_context() {
    auto* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return context;
}

bool wants_more(SSL* ssl, int result) {
    const int error = SSL_get_error(ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

void Loop::poll(int ms) {
    epoll_event events[512];
    const int count = epoll_wait(epoll_, events, 512, ms);
    for (int i = 0; i < count; ++i) static_cast<Connection*>(events[i].data.ptr)->on_event(events[i].events);
    flush();
}

void Loop::flush() {
    // pump() may kick others.
    for (std::size_t i = 0; i < kicked_.size(); ++i) {
        kicked_[i]->kicked_ = false;
        kicked_[i]->pump();
    }
    kicked_.clear();
}

void Loop::poll_for(double seconds) {
    for (const auto begin = now_ns(); seconds_since(begin) < seconds;) poll(20);
}

void Connection::kick() {
    if (kicked_ || dead_) return;
    kicked_ = true;
    loop_.kicked_.push_back(this);
}

void Connection::open(const Url& url, const sockaddr_in& address, Alpn alpn) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) die(std::string("socket: ") + std::strerror(errno));
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)
        return fail(std::string("connect: ") + std::strerror(errno));
    if (url.tls) {
        static auto* const context = make_tls_context();
        ssl_ = SSL_new(context);
        if (alpn == Alpn::h2) SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>("\x02h2"), 3);
        SSL_set_fd(ssl_, fd_);
        SSL_set_tlsext_host_name(ssl_, url.host.c_str());
        SSL_set_connect_state(ssl_);
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP;
    event.data.ptr = this;
    epoll_ctl(loop_.epoll_, EPOLL_CTL_ADD, fd_, &event);
}

void Connection::shut() {
    dead_ = true;
    SSL_free(ssl_);
    ssl_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

void Connection::fail(const std::string& why) {
    if (dead_) return;
    shut();
    on_down(why);
}

Connection::Io Connection::write_some(std::size_t& size) {
    const auto* data = out_.data() + written_;
    if (ssl_) {
        const int n = SSL_write(ssl_, data, static_cast<int>(std::min<std::size_t>(size, 1 << 20)));
        if (n <= 0) return wants_more(ssl_, n) ? Io::again : Io::failed;
        size = static_cast<std::size_t>(n);
        return Io::done;
    }
    const auto n = ::send(fd_, data, size, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR ? Io::again : Io::failed;
    size = static_cast<std::size_t>(n);
    return Io::done;
}

void Connection::flush() {
    if (dead_ || !up_) return;
    while (written_ < out_.size()) {
        auto size = out_.size() - written_;
        switch (write_some(size)) {
            case Io::again: return;
            case Io::failed: return fail("write failed");
            case Io::done: written_ += size;
        }
    }
    out_.clear();
    written_ = 0;
}

// false: not yet, or never.
bool Connection::come_up(std::uint32_t events) {
    if (events & (EPOLLERR | EPOLLHUP)) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        fail(std::string("connect: ") + std::strerror(error ? error : ECONNRESET));
        return false;
    }
    if (ssl_) {
        const int result = SSL_do_handshake(ssl_);
        if (result != 1) {
            if (!wants_more(ssl_, result)) fail("TLS handshake failed");
            return false;
        }
    } else if (!(events & EPOLLOUT)) {
        return false;
    }
    up_ = true;
    on_up();
    flush();
    return !dead_;
}

void Connection::read_all(bool hung_up) {
    auto& buffer = loop_.buffer_;
    for (;;) {
        const ssize_t n = ssl_ ? SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))
                               : ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (n > 0) {
            on_data({buffer.data(), static_cast<std::size_t>(n)});
            if (dead_) return;
            // A short read is the last one, edge-triggered or not; TLS reads are short by nature.
            if (!ssl_ && static_cast<std::size_t>(n) < buffer.size() && !hung_up) return;
            continue;
        }
        if (ssl_ ? wants_more(ssl_, static_cast<int>(n)) : n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        return fail(ssl_ || n == 0 ? "closed by server" : std::string("recv: ") + std::strerror(errno));
    }
}

void Connection::on_event(std::uint32_t events) {
    if (dead_ || (!up_ && !come_up(events))) return;
    if (events & EPOLLOUT) pump();
    if (!dead_ && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))) read_all(events & (EPOLLRDHUP | EPOLLHUP));
}

}  // namespace rookery::bench
