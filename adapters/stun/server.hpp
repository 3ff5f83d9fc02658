// The STUN sockets of a node: one UDP socket per port, bound to every address, answering from the address a
// request was sent to (spec signal-relay-stun §3). No state per client, nothing queued: an answer the socket
// does not take at once is dropped and counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "actors/core/error.hpp"

namespace rookery::adapters::stun {

namespace asio = boost::asio;

// Node scope; read without locks.
struct Counters {
    using Count = std::atomic<std::uint64_t>;
    Count answered{0};
    Count ignored{0};  // not STUN, or no Binding Request
    Count malformed{0};
    Count unsendable{0};  // the answer could not be sent
};

class Server {
public:
    // Binds all ports or none. Port 0 asks the system for one. The error names the port, the system's reason and
    // what to do. The sockets live on `context`, which outlives this.
    static core::Result<std::unique_ptr<Server>> open(asio::io_context& context,
                                                      const std::vector<std::uint16_t>& ports);
    ~Server();  // close()
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Thread-safe; the sockets are gone once `context` has run what this posts.
    void close();

    const std::vector<std::uint16_t>& ports() const { return ports_; }
    const Counters& counters() const { return *counters_; }

private:
    class Socket;
    Server() = default;

    std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
    std::vector<std::uint16_t> ports_;
    std::vector<std::shared_ptr<Socket>> sockets_;
};

}  // namespace rookery::adapters::stun
