#include "adapters/http/probe.hpp"

#include <array>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace rookery::adapters::http {

namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view wanted = "HTTP/1.1 ";

tcp::endpoint reachable(tcp::endpoint port) {
    if (!port.address().is_unspecified()) return port;
    if (port.address().is_v6()) return {asio::ip::address_v6::loopback(), port.port()};
    return {asio::ip::address_v4::loopback(), port.port()};
}

// One probe; lives in its own handlers, on one context. Its deadline closes the socket.
class Attempt : public std::enable_shared_from_this<Attempt> {
public:
    Attempt(asio::io_context& context, bool tls, Probe::Answer answer)
        : socket_(context), deadline_(context), answer_(std::move(answer)) {
        if (tls) encrypted_.emplace(socket_, client_);
    }

    void begin(const tcp::endpoint& port, std::chrono::milliseconds limit) {
        deadline_.expires_after(limit);
        deadline_.async_wait([self = shared_from_this()](error_code cancelled) {
            if (!cancelled) self->end(false);
        });
        socket_.async_connect(port, [self = shared_from_this()](error_code ec) {
            if (ec) return self->end(false);
            self->encrypted_ ? self->shake_hands() : self->ask(self->socket_);
        });
    }

private:
    void shake_hands() {
        encrypted_->async_handshake(ssl::stream_base::client, [self = shared_from_this()](error_code ec) {
            ec ? self->end(false) : self->ask(*self->encrypted_);
        });
    }
    void ask(auto& stream) {
        asio::async_write(stream, asio::buffer(request),
                          [self = shared_from_this(), &stream](error_code ec, std::size_t) {
                              ec ? self->end(false) : self->listen(stream);
                          });
    }
    void listen(auto& stream) {
        asio::async_read(stream, asio::buffer(head_), [self = shared_from_this()](error_code ec, std::size_t) {
            self->end(!ec && std::string_view(self->head_.data(), self->head_.size()) == wanted);
        });
    }
    void end(bool answers) {
        deadline_.cancel();
        error_code ignored;
        socket_.close(ignored);
        if (const auto answer = std::exchange(answer_, nullptr)) answer(answers);
    }

    tcp::socket socket_;
    asio::steady_timer deadline_;
    ssl::context client_{ssl::context::tls_client};  // verifies nothing
    std::optional<ssl::stream<tcp::socket&>> encrypted_;
    Probe::Answer answer_;  // unset once called
    std::array<char, wanted.size()> head_{};
};

}  // namespace

struct Probe::Shared {
    std::mutex mutex;
    std::optional<std::pair<Clock::time_point, bool>> last;
    std::vector<Answer> waiting;  // for the probe that is under way

    void done(bool answers) {
        std::vector<Answer> all;
        {
            std::lock_guard lock(mutex);
            last = {Clock::now(), answers};
            all.swap(waiting);
        }
        for (const auto& answer : all) answer(answers);
    }

    io::Pool* pool = nullptr;
    tcp::endpoint port;
    Settings settings;
};

Probe::Probe(io::Pool& pool, tcp::endpoint port, Settings settings) : shared_(std::make_shared<Shared>()) {
    shared_->pool = &pool;
    shared_->port = reachable(std::move(port));
    shared_->settings = settings;
}

Probe::~Probe() = default;

void Probe::ask(Answer answer) {
    {
        std::unique_lock lock(shared_->mutex);
        if (shared_->last && Clock::now() - shared_->last->first < shared_->settings.kept) {
            const bool answers = shared_->last->second;
            lock.unlock();
            return answer(answers);
        }
        shared_->waiting.push_back(std::move(answer));
        if (shared_->waiting.size() > 1) return;
    }
    auto& context = shared_->pool->next();
    auto attempt = std::make_shared<Attempt>(context, shared_->settings.tls,
                                             [shared = shared_](bool answers) { shared->done(answers); });
    asio::post(context, [shared = shared_, attempt = std::move(attempt)] {
        attempt->begin(shared->port, shared->settings.deadline);
    });
}

}  // namespace rookery::adapters::http
