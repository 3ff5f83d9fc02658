// The relay's side of path /relay: takes upgraded connections over and makes links of them; ends them all when
// the node drains. Thread-safe. One per node.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

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

    // The node leaves: new connections get 503 from now on.
    void refuse_new();
    // For each link there is, what says Close to its agent and ends it; the caller spreads them over time, so that
    // the agents' return is spread too. An agent that does not end its side is cut off after goodbye_limit.
    std::vector<std::function<void()>> farewells() const;
    // Links that have not ended.
    std::size_t links() const;

    // relay_peers_active and relay_peers_idle: agents that sent Transport within the last 30 s, and the others.
    struct Activity {
        std::size_t active = 0;
        std::size_t idle = 0;
    };
    Activity activity() const;

private:
    struct Host;
    std::shared_ptr<Host> host_;
};

}  // namespace rookery::adapters::relay
