// A node's links to its siblings over TCP: one listener, one connection per sibling. What is said is actors/pool/links;
// this reads, writes, dials and keeps the time. Everything of a connection happens on one context of the pool; one lock
// guards the protocol, which other threads ask too.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/core/error.hpp"
#include "actors/core/reply.hpp"
#include "actors/pool/links.hpp"
#include "actors/pool/ports.hpp"
#include "adapters/io/pool.hpp"
#include "config/config.hpp"

namespace rookery::adapters::links {

struct Settings {
    config::Endpoint listen;  // port 0: the system chooses
    // host:port or host that others dial; empty: the address that reaches the bus, and the port listened on.
    std::string advertise;
    pool::LinkSettings protocol;
};

// Called from the links' context; must not block.
struct Events {
    std::function<void(pool::NodeId from, std::string_view envelope)> received;
    // Mail may have another way now.
    std::function<void()> routes_changed;
    // The next mail for a node that is to go over its link.
    std::function<std::optional<std::string>(pool::NodeId)> mail;
};

class Links final : public pool::DirectLinks {
public:
    // Listens and begins. `crypto` and `io` outlive it.
    static core::Result<std::shared_ptr<Links>> open(io::Pool& io, Settings settings, pool::NodeId self,
                                                     const pool::LinkCrypto& crypto,
                                                     std::shared_ptr<pool::Routes> routes, Events events);
    ~Links() override;  // close()

    pool::Direct own() const override;
    void know(pool::NodeId node, const pool::Direct& direct) override;
    void lose(pool::NodeId node) override;
    void departed(pool::NodeId node) override;
    bool send(pool::NodeId node, std::string envelope) override;
    void mail_waits(std::optional<pool::NodeId> node) override;
    void bus_changed() override;

    // This host's address as the bus's connection has it.
    void set_local(const std::string& address);
    std::vector<pool::LinkView> views() const;
    const pool::LinkCounters& counters() const;

    // While the pool runs. What waits is written as far as the sockets take it at once; no event comes after it.
    void close();

private:
    struct Shared;
    explicit Links(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    const std::shared_ptr<Shared> shared_;
    std::atomic<bool> closing_{false};
};

}  // namespace rookery::adapters::links
