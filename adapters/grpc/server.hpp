// gRPC on connections that others accepted. Services are core::rpc methods; gRPC's types stay in this folder.
// Node scope: one server for all gRPC ports of the node.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "actors/core/error.hpp"
#include "actors/core/rpc.hpp"
#include "adapters/io/client_address.hpp"

namespace rookery::adapters::grpc {

// Defaults follow signal-relay-stun §1.7 and management-grpc §T.3: the library's own would cut agents off.
struct Settings {
    int max_message_bytes = 4 * 1024 * 1024;             // a larger request gets RESOURCE_EXHAUSTED
    std::chrono::milliseconds min_ping_interval{1'000};  // agents ping every 30 s
    std::chrono::milliseconds ping_after{30'000};        // our own pings find dead agents
    std::chrono::milliseconds ping_timeout{15'000};
    std::chrono::milliseconds handshake_timeout{5'000};  // HTTP/2 preface and SETTINGS
    std::chrono::milliseconds request_deadline{10'000};  // from a call's begin to its request; then it is cancelled
    int max_streams = 1'000;                             // open calls of one connection; proxies open more connections
    io::ProxyTrust trust;                                // whose metadata tells the client's address
};

struct Counters {
    std::uint64_t connections = 0;  // adopted
    std::uint64_t calls = 0;
    std::uint64_t unknown_methods = 0;
    std::uint64_t overdue = 0;  // calls whose request did not come in time
};

class Server {
public:
    Server(core::rpc::Methods methods, Settings settings = {});
    ~Server();  // shutdown(0)
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Takes over the connected socket `fd` (cleartext HTTP/2) that a listener `listener_fd` accepted, of which
    // `read_ahead` was already read.
    void adopt(int listener_fd, int fd, const std::string& read_ahead);

    // A connection inside the process: the descriptor returned (non-blocking, the caller's) carries the bytes of a
    // cleartext HTTP/2 connection of the client at `remote`. That address is taken as it is, whatever metadata says.
    core::Result<int> connect(const std::string& remote);

    // Begins to end and returns: GOAWAY on every connection, so that clients open new streams elsewhere; connections
    // that come later are closed. Calls get `grace` to end, then they are cancelled. Only the first call counts.
    void begin_shutdown(std::chrono::milliseconds grace);
    // Whether no call is left since.
    bool over() const;
    // begin_shutdown() and waits until it is over.
    void shutdown(std::chrono::milliseconds grace);

    Counters counters() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace rookery::adapters::grpc
