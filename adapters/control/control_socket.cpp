#include "adapters/control/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <future>
#include <istream>
#include <nlohmann/json.hpp>

#include "actors/core/faults.hpp"
#include "actors/core/log.hpp"

namespace rookery::adapters::control {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;
using Answer = std::shared_ptr<const Json>;

const core::faults::Point request_fault{"control.request", core::faults::can_fail};

std::string to_line(const core::Result<Answer>& result) {
    Json line;
    line["ok"] = result.has_value();
    if (result)
        line["result"] = **result;
    else
        line["error"] = result.error().message;
    return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

struct Server::Shared : std::enable_shared_from_this<Server::Shared> {
    Shared(io::Pool& p, std::map<std::string, Command> c, Limits l)
        : pool(p), commands(std::move(c)), limits(l), acceptor(p.main()) {}

    io::Pool& pool;
    const std::map<std::string, Command> commands;
    const Limits limits;
    stream_protocol::acceptor acceptor;
    std::string path;  // of the file, while it is ours
    std::atomic<std::size_t> open{0};
    std::atomic<std::uint64_t> rejected{0};

    void accept_next();
};

namespace {

template <class Shared>
class Connection : public std::enable_shared_from_this<Connection<Shared>> {
public:
    Connection(std::shared_ptr<Shared> shared, stream_protocol::socket socket)
        : shared_(std::move(shared)),
          socket_(std::move(socket)),
          deadline_(socket_.get_executor()),
          buffer_(shared_->limits.request_bytes) {}
    ~Connection() { shared_->open.fetch_sub(1); }

    void begin() {
        arm(shared_->limits.deadline);
        asio::async_read_until(socket_, buffer_, '\n', [self = this->shared_from_this()](error_code ec, std::size_t) {
            if (ec == asio::error::operation_aborted) return;  // closed at the deadline, and counted there
            if (ec) return self->reject("the request did not come whole");
            self->dispatch();
        });
    }

private:
    void arm(std::chrono::milliseconds limit) {
        deadline_.expires_after(limit);
        deadline_.async_wait([self = this->shared_from_this()](error_code ec) {
            if (ec) return;
            self->reject("it took too long");
            error_code ignored;
            self->socket_.close(ignored);
        });
    }

    void dispatch() {
        std::istream in(&buffer_);
        std::string line;
        std::getline(in, line);
        const auto request = Json::parse(line, nullptr, false);
        if (!request.is_object() || !request.contains("command") || !request["command"].is_string())
            return answer(core::fail(core::ErrorKind::bad_request, "the request is not {\"command\": …}"));
        const auto name = request["command"].get<std::string>();
        if (request_fault.pass() != core::faults::Verdict::go_on)
            return answer(core::fail(core::ErrorKind::unavailable, "fault switch"));
        const auto it = shared_->commands.find(name);
        if (it == shared_->commands.end())
            return answer(core::fail(core::ErrorKind::not_found, "unknown command " + name));
        arm(shared_->limits.answer_deadline);
        const auto arguments = request.contains("arguments") ? request["arguments"] : Json::object();
        if (!arguments.is_object())
            return answer(core::fail(core::ErrorKind::bad_request, "\"arguments\" is not an object"));
        it->second(arguments, core::Reply<Answer>([self = this->shared_from_this()](core::Result<Answer> result) {
                       asio::post(self->socket_.get_executor(),
                                  [self, result = std::move(result)] { self->answer(result); });
                   }));
    }

    void answer(const core::Result<Answer>& result) {
        response_ = to_line(result);
        asio::async_write(socket_, asio::buffer(response_),
                          [self = this->shared_from_this()](error_code, std::size_t) { self->deadline_.cancel(); });
    }

    void reject(std::string_view why) {
        shared_->rejected.fetch_add(1);
        core::log::debug("control socket: closed a connection: {}", why);
        deadline_.cancel();
    }

    std::shared_ptr<Shared> shared_;
    stream_protocol::socket socket_;
    asio::steady_timer deadline_;
    asio::streambuf buffer_;
    std::string response_;
};

// A connected socket, or the reason as errno.
tl::expected<int, int> connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return tl::unexpected(ENAMETOOLONG);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return tl::unexpected(errno);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    const int error = errno;
    ::close(fd);
    return tl::unexpected(error);
}

core::Error socket_error(const std::string& path, const std::string& reason) {
    return {core::ErrorKind::unavailable, fmt::format("cannot listen on the control socket {}: {}", path, reason)};
}

}  // namespace

void Server::Shared::accept_next() {
    acceptor.async_accept([self = shared_from_this()](error_code ec, stream_protocol::socket socket) {
        if (ec == asio::error::operation_aborted || !self->acceptor.is_open()) return;
        if (!ec) {
            if (self->open.fetch_add(1) >= self->limits.max_connections) {
                self->open.fetch_sub(1);
                self->rejected.fetch_add(1);
            } else {
                std::make_shared<Connection<Shared>>(self, std::move(socket))->begin();
            }
        }
        self->accept_next();
    });
}

Server::Server(io::Pool& pool, std::map<std::string, Command> commands, Limits limits)
    : shared_(std::make_shared<Shared>(pool, std::move(commands), limits)) {}

Server::~Server() {
    close();
}

core::Result<core::Done> Server::listen(const std::string& path) {
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return tl::unexpected(socket_error(path, "the path is too long for a socket; choose a shorter one"));
    if (answers(path)) return tl::unexpected(socket_error(path, "another process answers there"));
    ::unlink(path.c_str());
    error_code ec;
    auto& acceptor = shared_->acceptor;
    const auto old_mask = ::umask(0177);  // no moment at which others could connect
    acceptor.open(stream_protocol(), ec);
    if (!ec) acceptor.bind(stream_protocol::endpoint(path), ec);
    ::umask(old_mask);
    if (!ec) acceptor.listen(16, ec);
    if (ec) {
        error_code ignored;
        acceptor.close(ignored);
        return tl::unexpected(socket_error(path, ec.message()));
    }
    shared_->path = path;
    asio::post(shared_->pool.main(), [shared = shared_] { shared->accept_next(); });
    return core::Done{};
}

void Server::close() {
    if (!shared_->acceptor.is_open()) return;
    ::unlink(shared_->path.c_str());
    std::promise<void> closed;
    asio::post(shared_->pool.main(), [&] {
        error_code ec;
        shared_->acceptor.close(ec);
        closed.set_value();
    });
    closed.get_future().wait();
}

std::uint64_t Server::rejected() const {
    return shared_->rejected.load();
}

bool answers(const std::string& path) {
    const auto fd = connect_to(path);
    if (fd) ::close(*fd);
    return fd || (fd.error() != ENOENT && fd.error() != ECONNREFUSED && fd.error() != ENOTSOCK);
}

core::Result<std::shared_ptr<const Json>> ask(const std::string& path, const std::string& command,
                                              const Json& arguments) {
    const auto unreachable = [&](int error) {
        const char* hint = error == ENOENT || error == ECONNREFUSED
                               ? "is the server running, and is this its data directory?"
                               : "only the user who runs the server (or root) may use it";
        return core::fail(core::ErrorKind::unavailable,
                          fmt::format("cannot reach the server at {}: {}; {}", path, std::strerror(error), hint));
    };
    const auto connected = connect_to(path);
    if (!connected) return unreachable(connected.error());
    const int fd = *connected;
    const std::unique_ptr<const int, void (*)(const int*)> closer(&fd, [](const int* f) { ::close(*f); });
    const timeval limit{35, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);

    const auto line = Json{{"command", command}, {"arguments", arguments}}.dump() + "\n";
    for (std::size_t sent = 0; sent < line.size();) {
        const auto n = ::send(fd, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return unreachable(errno);
        sent += static_cast<std::size_t>(n);
    }
    std::string text;
    char chunk[16 * 1024];
    for (;;) {
        const auto n = ::recv(fd, chunk, sizeof chunk, 0);
        if (n < 0) return unreachable(errno);
        if (n == 0) break;
        text.append(chunk, static_cast<std::size_t>(n));
        if (text.back() == '\n') break;
    }
    const auto answer = Json::parse(text, nullptr, false);
    if (!answer.is_object() || !answer.contains("ok"))
        return core::fail(core::ErrorKind::unavailable, "the server closed the control connection without an answer");
    if (!answer["ok"].get<bool>())
        return core::fail(core::ErrorKind::internal, answer.value("error", "no reason given"));
    return std::make_shared<const Json>(answer.value("result", Json::object()));
}

}  // namespace rookery::adapters::control
