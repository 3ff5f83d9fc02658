// A public TCP port: accepts, ends TLS where it is asked to, looks at the first bytes (the decrypted ones) and hands
// the connection to whoever speaks that protocol. HTTP/2 preface -> gRPC, everything else -> HTTP/1.1 (design §6). Node
// scope. Bound: `max_connections` not yet handed over; beyond it a new connection is closed at once and counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "actors/core/error.hpp"
#include "actors/core/reply.hpp"
#include "adapters/io/pool.hpp"
#include "adapters/io/stream.hpp"
#include "adapters/tls/credentials.hpp"
#include "config/config.hpp"

namespace rookery::adapters::front {

enum class Protocol { undecided, http2, http1, tls };

// Pure. What the first bytes of a cleartext connection are the beginning of.
Protocol classify(std::string_view first_bytes);

struct Receivers {
    // Owns `fd` (non-blocking) from here on: the connection itself, or the end of a tunnel to it. Always set.
    std::function<void(int listener_fd, int fd, std::string read_ahead)> http2;
    // Unset: a port that speaks gRPC only.
    std::function<void(io::Stream stream, std::string read_ahead)> http1;
};

struct Tls {
    std::shared_ptr<const tls::Credentials> credentials;  // null: a cleartext port
    bool cleartext_too = false;                           // who does not begin with a TLS record is served as well
};

struct Limits {
    std::chrono::milliseconds first_bytes{5'000};  // from accepting to the first (decrypted) bytes
    std::size_t max_connections = 4'096;           // still undecided
    std::size_t max_handshakes = 2'048;            // of TLS, under way; each may take some 50 KB
};

struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t too_slow = 0;        // first bytes did not come in time
    std::uint64_t wrong_protocol = 0;  // TLS on a cleartext port or the reverse, HTTP/1.1 on a gRPC-only one
    std::uint64_t over_limit = 0;
    std::uint64_t tls_handshakes = 0;  // done
    std::uint64_t tls_failures = 0;
};

class Front {
public:
    Front(io::Pool& pool, Receivers receivers, Limits limits = {}, Tls tls = {});
    ~Front();  // close()
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;

    // Binds and starts accepting. An empty host is every address, IPv6 and IPv4. The error names the port, the
    // reason and what to do.
    core::Result<core::Done> listen(const config::Endpoint& endpoint);
    // What was bound, with the port that the system chose for port 0.
    boost::asio::ip::tcp::endpoint local() const;
    std::uint16_t port() const { return local().port(); }
    // Stops accepting, after what the kernel already queued was taken; connections that were accepted live on.
    // While the pool runs. Not from a pool thread.
    void close();
    // Listens again where close() left off, on the same port.
    core::Result<core::Done> reopen();

    Counters counters() const;

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace rookery::adapters::front
