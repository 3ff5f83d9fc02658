// The way to the other nodes of a pool over NATS (config-ops §24): one inbox subject per node, one subject for what
// concerns all of them. Core NATS only. The client library is confined to bus.cpp.
//
//   rookery.<cluster>.<role>.inbox.<node>   presence and mail for one node
//   rookery.<cluster>.<role>.all            for every node
//
// Publishing blocks when a server hangs, so one thread of this class's own does it. Bounds: presence that waits,
// `max_waiting_bytes`, beyond it the newest is refused; mail waits in the Outboxes, which have bounds of their own.
// What the library holds for slow readers of ours: `max_pending_bytes` per subscription, beyond it NATS drops.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/core/error.hpp"
#include "actors/core/reply.hpp"
#include "actors/pool/ports.hpp"
#include "actors/pool/ways.hpp"
#include "config/secret.hpp"

namespace rookery::adapters::nats {

struct Settings {
    std::vector<config::Secret> endpoints;  // nats://[user:password@]host:port, tls://…; all are used
    std::string cluster = "default";
    std::string role;
    std::string credentials_file;  // empty: what the endpoints say
    std::size_t max_waiting_bytes = 64 * 1024 * 1024;
    int max_pending_bytes = 64 * 1024 * 1024;
};

// Called from threads of the library and of the bus; must not block.
struct Events {
    std::function<void(std::string_view envelope)> received;
    // `local`: this host's address as the server's connection has it; empty: none.
    std::function<void(bool connected, const std::string& local)> state;
    // The next of at most `max_bytes` that is to go this way.
    std::function<std::optional<pool::Ways::Parcel>(std::size_t max_bytes)> mail;
};

struct Status {
    bool connected = false;
    std::string server;  // in use, without credentials; empty: none
    std::uint64_t reconnects = 0;
    std::uint64_t sent = 0;           // envelopes
    std::uint64_t received = 0;       // envelopes
    std::uint64_t refused = 0;        // presence: no connection, or too much waits
    std::uint64_t failed = 0;         // publishing went wrong
    std::uint64_t slow_consumer = 0;  // NATS dropped what we did not read fast enough
};

class Bus final : public pool::Bus {
public:
    // Starts connecting and never gives up. The error: an endpoint or the credentials cannot be used at all.
    static core::Result<std::shared_ptr<Bus>> open(Settings settings, pool::NodeId self, Events events);
    ~Bus() override;  // close()

    bool send(std::optional<pool::NodeId> to, std::string envelope) override;
    bool connected() const override;
    void mail_waits(std::optional<pool::NodeId> to) override;

    // Sends what still waits, for at most a second, and ends. No event comes after it.
    void close();
    Status status() const;

private:
    struct Parts;
    explicit Bus(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace rookery::adapters::nats
