#include "adapters/http/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <exception>
#include <mutex>
#include <unordered_map>

#include <fmt/core.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include "actors/core/faults.hpp"
#include "actors/core/log.hpp"
#include "adapters/http/percent.hpp"

namespace rookery::adapters::http {

namespace beast_http = boost::beast::http;
using boost::system::error_code;
using io::Progress;
using Parser = beast_http::request_parser<beast_http::string_body>;

namespace {

constexpr std::size_t read_chunk = 16 * 1024;
// After a refusal the rest of the request is read and thrown away for a while, since closing a socket with
// unread bytes would make the kernel drop the answer. Beyond either bound the connection is closed anyway.
constexpr std::size_t linger_bytes = 256 * 1024;
constexpr std::chrono::milliseconds linger_time{1'000};
// A large answer gets the write deadline once for each started unit of this size.
constexpr std::size_t write_unit = 1024 * 1024;

std::string without_control_characters(std::string_view text) {
    std::string out(text);
    std::erase_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return out;
}

// Frees what a large request or answer had reserved: `= {}` would keep it.
const core::faults::Point request_fault{"http.request", core::faults::can_fail | core::faults::can_drop};

void release(std::string& text) {
    std::string().swap(text);
}

std::string http_date() {
    const auto now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[parts.tm_wday], parts.tm_mday,
                       months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string reason(int status) {
    const auto text = beast_http::obsolete_reason(static_cast<beast_http::status>(status));
    return std::string(text.data(), text.size());
}

Response plain_refusal(int status) {
    return {status,
            {{"Content-Type", "text/plain; charset=utf-8"}, {"Connection", "close"}},
            fmt::format("{} {}", status, reason(status))};
}

// The target's path and query; nullopt if the path has a broken escape or is none.
struct Target {
    std::string path, query;
};
std::optional<Target> parse_target(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!target.starts_with(scheme)) continue;  // absolute form, as proxies send it
        target.remove_prefix(scheme.size());
        target.remove_prefix(std::min(target.size(), target.find_first_of("/?")));
        if (target.empty()) target = "/";
    }
    const auto question = target.find('?');
    auto path = percent_decode(target.substr(0, question));
    if (!path) return std::nullopt;
    if (!path->starts_with('/') && *path != "*") return std::nullopt;
    return Target{std::move(*path),
                  question == std::string_view::npos ? std::string() : std::string(target.substr(question + 1))};
}

}  // namespace

// Shared by the server and its connections, so that these may outlive it.
struct Server::Shared {
    class Connection;

    Shared(Limits l, Handler d, std::vector<std::pair<std::string, UpgradeHandler>> u)
        : limits(l), dispatch(std::move(d)), upgrades(std::move(u)) {}

    const UpgradeHandler* upgrade_for(std::string_view path) const {
        for (const auto& [registered, handler] : upgrades)
            if (registered == path) return &handler;
        return nullptr;
    }

    const Limits limits;
    const Handler dispatch;
    const std::vector<std::pair<std::string, UpgradeHandler>> upgrades;
    std::atomic<std::uint64_t> requests{0}, rejected{0}, open{0};
    std::atomic<bool> draining{false};

    std::mutex mutex;  // guards connections; taken when one opens or ends
    std::unordered_map<const void*, std::weak_ptr<Connection>> connections;

    // For each connection there is now.
    template <class F>
    void for_each(F f);
};

// One connection, living on its stream's single-threaded io_context: every member function but answer() runs
// there. It lives as long as it has an operation outstanding (there is always at least the deadline).
// Bounds: unparsed input stays below the header limit plus one read, as nothing is read while a request is
// answered; a body below Limits::body_bytes; one answer at a time.
class Server::Shared::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(io::Stream stream, std::string read_ahead, std::shared_ptr<Shared> shared)
        : shared_(std::move(shared)),
          stream_(std::move(stream)),
          deadline_(stream_.executor()),
          in_(std::move(read_ahead)),
          remote_(stream_.remote()) {
        ++shared_->open;
    }
    ~Connection() {
        --shared_->open;
        const std::lock_guard lock(shared_->mutex);
        shared_->connections.erase(this);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    auto executor() { return stream_.executor(); }

    void start() {
        phase_ = Phase::idle;
        arm(shared_->limits.header_deadline);  // a new connection is there to say something
        in_.empty() ? read() : begin_request();
    }

    // Server::close_idle: what is under way ends with its answer.
    void drain() {
        if (phase_ == Phase::idle && in_.empty()) close();
    }

    void close() {
        if (phase_ == Phase::closed) return;
        phase_ = Phase::closed;
        deadline_.cancel();
        stream_.close();
    }

    // Thread-safe, the first call for request number `number` counts.
    void answer(std::uint64_t number, Response response) {
        asio::post(executor(), [self = shared_from_this(), number, response = std::move(response)]() mutable {
            if (self->phase_ == Phase::answering && self->number_ == number) self->write(std::move(response));
        });
    }

private:
    enum class Phase { idle, header, body, answering, writing, lingering, closed };

    void arm(std::chrono::milliseconds after) {
        deadline_.expires_after(after);  // cancels the wait before
        deadline_.async_wait([self = shared_from_this()](error_code ec) {
            // A wait that ended just before it was cancelled reports success: the expiry tells.
            if (!ec && self->deadline_.expiry() <= asio::steady_timer::clock_type::now()) self->expired();
        });
    }

    void expired() {
        switch (phase_) {
            case Phase::header: count_rejection("the header did not come in time"); break;
            case Phase::body: count_rejection("the body did not come in time"); break;
            case Phase::writing: count_rejection("the answer was not read in time"); break;
            case Phase::answering:
                core::log::warn("http: {} {} from {} was not answered in time", request_->method, request_->path,
                                remote_);
                write(plain_refusal(503));
                return;
            case Phase::idle:
            case Phase::lingering:
            case Phase::closed: break;
        }
        close();
    }

    void count_rejection(std::string_view why) {
        const auto count = ++shared_->rejected;
        core::log::debug("http: connection from {} rejected ({} so far): {}", remote_, count, why);
    }

    void reject(int status, std::string_view why) {
        count_rejection(why);
        request_.reset();
        write(plain_refusal(status));
    }

    // Waits first and reads into a buffer of the thread, so that a connection that is silent owns none.
    void read() {
        stream_.async_wait_readable([self = shared_from_this()](error_code ec) {
            if (self->phase_ == Phase::closed) return;
            if (ec) return self->close();
            self->read_now();
        });
    }

    void read_now() {
        thread_local std::array<std::uint8_t, read_chunk> chunk;
        const auto [progress, size] = stream_.read_some(chunk);
        if (progress == Progress::later) return read();
        if (progress != Progress::moved) return close();
        if (phase_ == Phase::lingering) {
            lingered_ += size;
            return lingered_ > linger_bytes ? close() : read();
        }
        in_.append(reinterpret_cast<const char*>(chunk.data()), size);
        phase_ == Phase::idle ? begin_request() : parse();
    }

    void begin_request() {
        phase_ = Phase::header;
        arm(shared_->limits.header_deadline);
        parser_ = std::make_unique<Parser>();
        parser_->eager(false);
        parser_->header_limit(static_cast<std::uint32_t>(shared_->limits.header_bytes));
        parser_->body_limit(shared_->limits.body_bytes);
        header_size_ = 0;
        parse();
    }

    void parse() {
        if (phase_ == Phase::header && !parser_->got_some()) {
            while (in_.starts_with("\r\n")) {  // RFC 9112 §2.2: some clients send one after a body
                in_.erase(0, 2);
                header_size_ += 2;
            }
        }
        while (!in_.empty() && !parser_->is_done()) {
            error_code ec;
            const auto used = parser_->put(asio::buffer(in_), ec);
            in_.erase(0, used);
            if (phase_ == Phase::header) {
                header_size_ += used;
                // The parser's own limit does not count what it has consumed field by field.
                if (header_size_ + (parser_->is_header_done() ? 0 : in_.size()) > shared_->limits.header_bytes)
                    return reject(431, "the header is too large");
            }
            if (ec == beast_http::error::need_more) break;
            if (ec) return refuse(ec);
            if (phase_ == Phase::header && parser_->is_header_done() && !accept_header()) return;
        }
        if (parser_->is_done()) return dispatch();
        // Chunk headers and trailers are the only input of a body that the parser leaves standing.
        if (phase_ == Phase::body && in_.size() > shared_->limits.header_bytes)
            return reject(400, "a chunk header or trailer is too large");
        read();
    }

    void refuse(const error_code& ec) {
        if (ec == beast_http::error::header_limit) return reject(431, "the header is too large");
        if (ec == beast_http::error::body_limit) return reject(413, "the body is too large");
        reject(400, "malformed request: " + ec.message());
    }

    // False: the request is not read on.
    bool accept_header() {
        const auto& message = parser_->get();
        auto target = parse_target({message.target().data(), message.target().size()});
        if (!target) return reject(400, "the request target is malformed"), false;

        auto request = std::make_shared<Request>();
        request->method.assign(message.method_string().data(), message.method_string().size());
        request->path = std::move(target->path);
        request->query = std::move(target->query);
        request->version = static_cast<int>(message.version());
        request->remote = remote_;
        for (const auto& field : message) {
            auto& [name, value] = request->headers.emplace_back();
            name.assign(field.name_string().data(), field.name_string().size());
            std::transform(name.begin(), name.end(), name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
            value.assign(field.value().data(), field.value().size());
        }
        request_ = std::move(request);
        keep_alive_ = message.keep_alive();

        if (request_->version == 11 && message.count(beast_http::field::host) != 1)
            return reject(400, "not exactly one Host header"), false;
        // What a proxy before us might cut differently (RFC 9112 §6.3).
        if (message.count(beast_http::field::transfer_encoding) > 0 &&
            (request_->version == 10 || !parser_->chunked() || message.count(beast_http::field::content_length) > 0 ||
             message.count(beast_http::field::transfer_encoding) != 1 ||
             !boost::beast::iequals(message[beast_http::field::transfer_encoding], "chunked")))
            return reject(400, "the length of the body is ambiguous"), false;

        if (const auto* upgrade = shared_->upgrade_for(request_->path)) {
            hand_over(*upgrade);
            return false;
        }
        if (parser_->is_done()) return true;

        phase_ = Phase::body;
        arm(shared_->limits.body_deadline);
        if (const auto expect = request_->header("expect")) {
            if (!boost::beast::iequals(*expect, "100-continue")) return reject(417, "unknown expectation"), false;
            if (request_->version == 11 && in_.empty()) {
                // Nothing else is being sent, so these bytes fit the send buffer or the client is gone.
                static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
                if (stream_.write_some(go_on).bytes != go_on.size()) return close(), false;
            }
        }
        return true;
    }

    void hand_over(const UpgradeHandler& upgrade) {
        ++shared_->requests;
        deadline_.cancel();
        phase_ = Phase::closed;
        parser_.reset();
        const auto request = std::move(request_);
        try {
            upgrade(Upgraded{std::move(stream_), std::move(in_), request});
        } catch (const std::exception& e) {
            core::log::error("http: the upgrade of {} failed: {}", request->path, e.what());
        }
    }

    // What a Respond holds: answers for a handler that dropped it without a call.
    struct Pending {
        Pending(std::weak_ptr<Connection> c, std::uint64_t n) : connection(std::move(c)), number(n) {}
        Pending(const Pending&) = delete;
        Pending& operator=(const Pending&) = delete;
        ~Pending() { send(plain_refusal(500)); }
        void send(Response response) {
            if (sent.exchange(true)) return;
            if (const auto alive = connection.lock()) alive->answer(number, std::move(response));
        }
        const std::weak_ptr<Connection> connection;
        const std::uint64_t number;
        std::atomic<bool> sent{false};
    };

    void dispatch() {
        ++shared_->requests;
        request_->body = std::move(parser_->get().body());
        parser_.reset();
        phase_ = Phase::answering;
        arm(shared_->limits.answer_deadline);
        auto pending = std::make_shared<Pending>(weak_from_this(), ++number_);
        switch (request_fault.pass()) {
            case core::faults::Verdict::go_on: break;
            case core::faults::Verdict::fail: return pending->send(plain_refusal(500));
            case core::faults::Verdict::drop: return close();
        }
        try {
            shared_->dispatch(request_, [pending](Response response) { pending->send(std::move(response)); });
        } catch (const std::exception& e) {
            core::log::error("http: the handler of {} {} failed: {}", request_->method, request_->path, e.what());
            pending->send(plain_refusal(500));
        }
    }

    void write(Response response) {
        phase_ = Phase::writing;
        const bool head = request_ && request_->method == "HEAD";
        const int version = request_ ? request_->version : 11;
        close_after_ = !request_ || !keep_alive_ || shared_->draining;
        const bool bodyless = response.status < 200 || response.status == 204 || response.status == 304;

        std::string fields;
        for (const auto& [name, value] : response.headers) {
            if (boost::beast::iequals(name, "connection")) {
                if (boost::beast::iequals(value, "close")) close_after_ = true;
                continue;
            }
            if (boost::beast::iequals(name, "content-length")) continue;
            fields += without_control_characters(name) + ": " + without_control_characters(value) + "\r\n";
        }
        out_head_ = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n{}", response.status, reason(response.status),
                                http_date(), fields);
        if (!bodyless) out_head_ += fmt::format("Content-Length: {}\r\n", response.body.size());
        if (close_after_)
            out_head_ += "Connection: close\r\n";
        else if (version == 10)
            out_head_ += "Connection: keep-alive\r\n";
        out_head_ += "\r\n";
        if (!bodyless && !head) out_body_ = std::move(response.body);

        parser_.reset();
        request_.reset();
        const auto units = static_cast<std::int64_t>(1 + out_body_.size() / write_unit);
        arm(shared_->limits.write_deadline * units);
        sent_ = 0;
        write_on();
    }

    void write_on() {
        auto progress = stream_.flush();
        while (progress == Progress::moved && sent_ < out_head_.size() + out_body_.size()) {
            const auto head = std::string_view(out_head_).substr(std::min(sent_, out_head_.size()));
            const auto body = std::string_view(out_body_).substr(sent_ - (out_head_.size() - head.size()));
            const std::array<iovec, 2> out{iovec{const_cast<char*>(head.data()), head.size()},
                                           iovec{const_cast<char*>(body.data()), body.size()}};
            const auto moved = stream_.write_some(out);
            progress = moved.progress;
            sent_ += moved.bytes;
        }
        if (progress == Progress::moved) progress = stream_.flush();
        if (progress == Progress::moved) return written();
        if (progress == Progress::broken) return close();
        stream_.async_wait_writable([self = shared_from_this()](error_code ec) {
            if (self->phase_ != Phase::writing) return;
            if (ec) return self->close();
            self->write_on();
        });
    }

    void written() {
        release(out_head_);
        release(out_body_);
        if (close_after_) return linger();
        phase_ = Phase::idle;
        if (!in_.empty()) return begin_request();
        if (shared_->draining) return close();
        release(in_);
        arm(shared_->limits.idle_deadline);
        read();
    }

    void linger() {
        stream_.shutdown_send();
        release(in_);
        phase_ = Phase::lingering;
        arm(linger_time);
        read();
    }

    const std::shared_ptr<Shared> shared_;
    io::Stream stream_;
    asio::steady_timer deadline_;
    Phase phase_ = Phase::idle;
    std::string in_;                    // read and not yet parsed
    std::unique_ptr<Parser> parser_;    // while a request is being read
    std::shared_ptr<Request> request_;  // from its header to its answer
    std::size_t header_size_ = 0;
    std::size_t lingered_ = 0;
    bool keep_alive_ = false;
    bool close_after_ = false;
    std::uint64_t number_ = 0;  // of the request being answered
    std::string out_head_, out_body_;
    std::size_t sent_ = 0;  // of both together
    const std::string remote_;
};

template <class F>
void Server::Shared::for_each(F f) {
    std::vector<std::shared_ptr<Connection>> now;
    {
        const std::lock_guard lock(mutex);
        for (const auto& [key, connection] : connections)
            if (auto alive = connection.lock()) now.push_back(std::move(alive));
    }
    for (auto& connection : now) {
        const auto executor = connection->executor();
        asio::post(executor, [f, connection = std::move(connection)] { f(*connection); });
    }
}

Server::Server(Limits limits, Handler dispatch, std::vector<std::pair<std::string, UpgradeHandler>> upgrades)
    : shared_(std::make_shared<Shared>(limits, std::move(dispatch), std::move(upgrades))) {}

Server::~Server() {
    shared_->draining = true;
    shared_->for_each([](auto& connection) { connection.close(); });
}

void Server::serve(io::Stream stream, std::string read_ahead) {
    if (shared_->open >= shared_->limits.max_connections) {
        const auto count = ++shared_->rejected;
        core::log::debug("http: connection from {} rejected ({} so far): too many connections", stream.remote(), count);
        return;  // closes it
    }
    auto connection = std::make_shared<Shared::Connection>(std::move(stream), std::move(read_ahead), shared_);
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->connections.emplace(connection.get(), connection);
    }
    const auto executor = connection->executor();
    asio::post(executor, [connection = std::move(connection)] { connection->start(); });
}

void Server::close_idle() {
    shared_->draining = true;
    shared_->for_each([](auto& connection) { connection.drain(); });
}

Counters Server::counters() const {
    return {shared_->requests, shared_->rejected, shared_->open};
}

}  // namespace rookery::adapters::http
