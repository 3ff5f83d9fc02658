// The node's side of /ws-proxy/*: takes upgraded connections of browser agents over and joins each to gRPC by a
// connection inside the process. Which services are reached is gRPC's business: all paths lead to the same one.
// Thread-safe. One per node. Bound: `max_tunnels`; beyond it the upgrade gets 503.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "actors/core/error.hpp"
#include "adapters/http/server.hpp"
#include "adapters/io/client_address.hpp"
#include "adapters/wsproxy/counters.hpp"
#include "adapters/wsproxy/tunnel.hpp"

namespace rookery::adapters::wsproxy {

struct Settings {
    TunnelSettings tunnels;
    std::size_t max_tunnels = 4'096;
    io::ProxyTrust trust;  // whose headers tell the client's address
};

// A connection to gRPC for the client at `remote`: grpc::Server::connect.
using Connect = std::function<core::Result<int>(const std::string& remote)>;

class Server {
public:
    Server(Settings settings, Connect connect);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // An http::UpgradeHandler: gets every request for its path and refuses what is no upgrade.
    void accept(http::Upgraded connection);

    // From now on upgrades get 503, and a tunnel that gRPC ends is closed as "going away".
    void drain();
    // Ends every tunnel that is left; waits until all clients have said goodbye, or `limit`. Not on an I/O thread.
    void close_all(std::chrono::milliseconds limit);

    const Counters& counters() const;

private:
    struct Host;
    std::shared_ptr<Host> host_;
};

}  // namespace rookery::adapters::wsproxy
