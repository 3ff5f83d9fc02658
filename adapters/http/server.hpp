// HTTP/1.1 for one connection at a time: parses requests within limits and deadlines, routes them, writes
// answers, and hands WebSocket upgrades over. The HTTP library is confined to server.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/io/stream.hpp"

namespace rookery::adapters::http {

namespace asio = boost::asio;

using Headers = std::vector<std::pair<std::string, std::string>>;  // names lower-case in requests

struct Request {
    std::string method;  // "GET"
    std::string path;    // percent-decoded, without query
    std::string query;   // raw, without '?'
    int version = 11;    // 10 or 11
    Headers headers;
    std::string body;
    std::string remote;                    // "1.2.3.4:567", "[::1]:567": the TCP peer
    std::vector<std::string> path_values;  // what the route's {} segments matched, in order

    std::optional<std::string_view> header(std::string_view lower_case_name) const;
    std::optional<std::string> query_value(std::string_view name) const;  // percent-decoded
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
};

// Exactly one call, from any thread; further calls are ignored. Dropped without a call: 500. Whoever may still
// answer must have stopped before the stream's io_context ends.
using Respond = std::function<void(Response)>;
// Must not block.
using Handler = std::function<void(std::shared_ptr<const Request>, Respond)>;

// A connection that was upgraded: the stream, still on its io_context, and what was read beyond the request.
struct Upgraded {
    io::Stream stream;
    std::string leftover;
    std::shared_ptr<const Request> request;
};
// Every request on a registered path, upgrade or not, right after its header (a body is in `leftover`). The
// receiver writes the 101 or its refusal itself.
using UpgradeHandler = std::function<void(Upgraded)>;

// Node-wide values. Beyond a size the request is refused, beyond a deadline the connection is cut; each is one
// more in Counters::rejected.
struct Limits {
    std::size_t max_connections = 10'000;              // one more is closed at once
    std::size_t header_bytes = 16 * 1024;              // 431 beyond
    std::size_t body_bytes = 2 * 1024 * 1024;          // 413 beyond
    std::chrono::milliseconds header_deadline{5'000};  // from the first byte to the end of the header
    std::chrono::milliseconds body_deadline{30'000};
    std::chrono::milliseconds idle_deadline{60'000};    // between requests of a kept connection
    std::chrono::milliseconds answer_deadline{60'000};  // for the handler: 503 beyond
    std::chrono::milliseconds write_deadline{30'000};   // for each started MiB of the answer
};

// Counters of this node; read without locks.
struct Counters {
    std::uint64_t requests = 0;
    std::uint64_t rejected = 0;  // malformed, oversized, too slow
    std::uint64_t open = 0;      // connections
};

class Server {
public:
    // `dispatch` sees every request whose path is not one of `upgrades` (exact, after percent-decoding).
    Server(Limits limits, Handler dispatch, std::vector<std::pair<std::string, UpgradeHandler>> upgrades);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Takes a connection over; `read_ahead` was already read from it. Its io_context runs on one thread.
    // Thread-safe.
    void serve(io::Stream stream, std::string read_ahead = {});
    // Drain: idle connections end now, every other one (later ones too) after its next answer, which says
    // Connection: close.
    void close_idle();

    Counters counters() const;

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace rookery::adapters::http
