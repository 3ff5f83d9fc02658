// Links on a network in one process: what they dial, write and close is carried out, and time goes when told.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/pool/links.hpp"
#include "adapters/crypto/link_crypto.hpp"

namespace rookery::pool::test {

class LinkWorld {
public:
    struct Host {
        NodeId id = 0;
        std::string address;
        KeyPair keys;
        Routes routes;
        std::unique_ptr<Links> links;  // null: the process is down
        std::vector<std::pair<NodeId, std::string>> received;

        Direct direct() const { return {keys.public_key, {address}}; }
        Way way(NodeId to) const { return routes.way(to); }
    };

    explicit LinkWorld(LinkSettings settings = {}) : settings_(settings) {}

    Host& add(NodeId id);
    void introduce(Host& to, const Host& whom);
    void meet(Host& a, Host& b);
    void start(Host& host);  // (again), as it was configured; it knows nobody
    void crash(Host& host);
    void cut(const Host& a, const Host& b, bool now = true);
    void set_bus(Host& host, bool connected);
    bool send(Host& from, const Host& to, const std::string& envelope);
    // Ticks of 100 ms.
    void pass(std::chrono::milliseconds time);

    core::SteadyTime now{std::chrono::hours(1)};
    std::size_t open() const { return pipes_.size(); }
    void perform(Host& host, LinkEffects effects);

private:
    struct End {
        Host* host = nullptr;
        Connection connection = 0;
        std::string to;  // bytes under way to this end
    };
    struct Pipe {
        End a, b;
    };
    bool joined(const Host& a, const Host& b) const;
    void deliver();
    void pump(Host& host, Connection connection);
    void close(Host& host, Connection connection);
    End* other_end(Host& host, Connection connection);

    const adapters::crypto::SodiumLinkCrypto crypto_;
    const LinkSettings settings_;
    std::vector<std::unique_ptr<Host>> hosts_;
    std::vector<std::unique_ptr<Pipe>> pipes_;
    std::vector<std::pair<NodeId, NodeId>> cuts_;
};

}  // namespace rookery::pool::test
