// The relay's side of path /relay: takes upgraded connections over and makes links of them; ends them all when
// the node drains. Thread-safe. One per node.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "adapters/http/server.hpp"
#include "adapters/io/networks.hpp"
#include "adapters/relay/link.hpp"

namespace rookery::adapters::relay {

struct ServerSettings {
    LinkSettings links;
    io::Networks proxies;  // may tell an agent's address (io::client_of_relay)
};

class Server {
public:
    Server(ServerSettings settings, std::shared_ptr<const rookery::relay::Tokens> tokens,
           std::shared_ptr<const rookery::relay::Routes> routes, std::shared_ptr<rookery::relay::LinkOpener> opener,
           std::shared_ptr<rookery::relay::RelayCounters> counters);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // An http::UpgradeHandler: gets every request for its path and refuses what is no upgrade.
    void accept(http::Upgraded connection);

    // Says Close to every link and ends it, evenly spread over `over`, so that the agents' return is spread too;
    // new connections get 503 from now on. `done` is called on `context` when no link is left, or when the last
    // one's time for its goodbye is over. Once.
    void close_all(asio::io_context& context, std::chrono::milliseconds over, std::function<void()> done);

    // relay_peers_active and relay_peers_idle: agents that sent Transport within the last 30 s, and the others.
    struct Activity {
        std::size_t active = 0;
        std::size_t idle = 0;
    };
    Activity activity() const;

private:
    struct Host;
    class Farewell;
    std::shared_ptr<Host> host_;
};

}  // namespace rookery::adapters::relay
