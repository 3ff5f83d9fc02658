#include "adapters/front/tunnel.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <optional>
#include <vector>

#include "actors/core/log.hpp"
#include "actors/core/seldom.hpp"

namespace rookery::adapters::front {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;
using io::Progress;

namespace {

constexpr std::size_t chunk = 64 * 1024;
constexpr int chunks_per_wakeup = 4;  // then the other connections of the thread get their turn
constexpr auto last_bytes_limit = std::chrono::seconds(3);

std::span<std::uint8_t> thread_chunk() {
    thread_local std::vector<std::uint8_t> buffer(chunk);
    return buffer;
}

std::string_view text_of(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class Tunnel : public std::enable_shared_from_this<Tunnel> {
public:
    Tunnel(io::Stream client, int inner)
        : client_(std::move(client)), inner_(client_.executor(), stream_protocol(), inner) {}

    void begin() {
        wait_client();
        wait_inner();
    }

private:
    // ---- From the client inwards.

    void wait_client() {
        client_.async_wait_readable([self = shared_from_this()](error_code ec) {
            if (!ec) self->on_client_readable();
        });
    }

    void on_client_readable() {
        if (!inner_.is_open()) return;
        for (int i = 0; i < chunks_per_wakeup; ++i) {
            const auto buffer = thread_chunk();
            const auto [progress, size] = client_.read_some(buffer);
            if (client_.holds_back()) wait_for_client_room();  // what reading had to answer
            if (progress == Progress::later) break;
            if (progress != Progress::moved) return close();
            auto rest = text_of(buffer.first(size));
            if (!pass_inwards(rest)) return close();
            if (!rest.empty()) {
                inwards_ = rest;
                return wait_for_inner_room();
            }
        }
        wait_client();
    }

    bool pass_inwards(std::string_view& bytes) {
        while (!bytes.empty()) {
            const iovec one{const_cast<char*>(bytes.data()), bytes.size()};
            const auto [progress, size] = io::send(inner_.native_handle(), {&one, 1});
            if (progress == Progress::broken) return false;
            if (progress == Progress::later) break;
            bytes.remove_prefix(size);
        }
        return true;
    }

    void wait_for_inner_room() {
        inner_.async_wait(stream_protocol::socket::wait_write, [self = shared_from_this()](error_code ec) {
            if (ec) return;
            std::string_view rest = self->inwards_;
            if (!self->pass_inwards(rest)) return self->close();
            self->inwards_.erase(0, self->inwards_.size() - rest.size());
            if (!self->inwards_.empty()) return self->wait_for_inner_room();
            std::string().swap(self->inwards_);
            self->wait_client();
        });
    }

    // ---- From within to the client.

    void wait_inner() {
        if (std::exchange(reading_inner_, true)) return;
        inner_.async_wait(stream_protocol::socket::wait_read, [self = shared_from_this()](error_code ec) {
            self->reading_inner_ = false;
            if (!ec) self->on_inner_readable();
        });
    }

    void on_inner_readable() {
        for (int i = 0; i < chunks_per_wakeup; ++i) {
            if (client_waits()) return wait_for_client_room();
            const auto buffer = thread_chunk();
            const auto [progress, size] = io::receive(inner_.native_handle(), buffer);
            if (progress == Progress::later) break;
            if (progress != Progress::moved) return end();
            auto rest = text_of(buffer.first(size));
            if (!pass_outwards(rest)) return close();
            outwards_ = rest;
        }
        client_waits() ? wait_for_client_room() : wait_inner();
    }

    bool client_waits() const { return !outwards_.empty() || client_.holds_back(); }

    bool pass_outwards(std::string_view& bytes) {
        auto progress = client_.flush();
        while (progress == Progress::moved && !bytes.empty()) {
            const auto moved = client_.write_some(bytes);
            progress = moved.progress;
            bytes.remove_prefix(moved.bytes);
        }
        return progress != Progress::broken;
    }

    void wait_for_client_room() {
        if (std::exchange(waiting_for_client_, true)) return;
        client_.async_wait_writable([self = shared_from_this()](error_code ec) {
            self->waiting_for_client_ = false;
            if (!ec && self->inner_.is_open()) self->on_client_writable();
        });
    }

    void on_client_writable() {
        std::string_view rest = outwards_;
        if (!pass_outwards(rest)) return close();
        outwards_.erase(0, outwards_.size() - rest.size());
        if (client_waits()) return wait_for_client_room();
        std::string().swap(outwards_);
        ending_ ? close() : wait_inner();
    }

    // ---- The end.

    // The receiver is done: the client gets its last bytes, for which it has a moment.
    void end() {
        ending_ = true;
        if (!client_waits()) return close();
        wait_for_client_room();
        limit_.emplace(client_.executor(), last_bytes_limit);
        limit_->async_wait([self = shared_from_this()](error_code ec) {
            if (!ec) self->close();
        });
    }

    void close() {
        if (!inner_.is_open()) return;
        limit_.reset();
        error_code ignored;
        inner_.close(ignored);
        client_.shutdown_send();
        client_.close();
    }

    io::Stream client_;
    stream_protocol::socket inner_;
    std::string inwards_, outwards_;   // read, and not yet taken by the other side
    bool reading_inner_ = false;       // a wait for it is outstanding
    bool waiting_for_client_ = false;  // the same
    bool ending_ = false;
    std::optional<asio::steady_timer> limit_;
};

// What getpeername says of the other end. Two clients may have one address on two of our ports: the number tells them
// apart.
void name_after(int fd, const std::string& remote) {
    static std::atomic<std::uint64_t> number{0};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto name = fmt::format("{}/{}.{}", remote, ::getpid(), number.fetch_add(1));
    const auto size = std::min(name.size(), sizeof address.sun_path - 1);
    std::memcpy(address.sun_path + 1, name.data(), size);
    // A name that is taken is left away: it is for logs alone.
    ::bind(fd, reinterpret_cast<const sockaddr*>(&address),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size));
}

}  // namespace

int open_tunnel(io::Stream stream) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
        const int error = errno;
        static core::Seldom line;
        if (const auto times = line.happened(std::chrono::steady_clock::now()))
            core::log::warn("closed connection from {}: no socket pair for it: {} ({} since the last such line)",
                            stream.remote(), std::strerror(error), *times);
        return -1;
    }
    name_after(pair[0], stream.remote());
    std::make_shared<Tunnel>(std::move(stream), pair[0])->begin();
    return pair[1];
}

}  // namespace rookery::adapters::front
