// What the pool needs from the edges: ways to the other nodes. Implemented by adapters (NATS, links).
#pragma once

#include <optional>
#include <string>

#include "actors/pool/messages.hpp"

namespace rookery::pool {

class Bus {
public:
    virtual ~Bus() = default;
    // One envelope to a node, or to every node of the pool (the sender included). Never blocks. False: dropped, since
    // the way is gone or its queue is full; the directory heals what is lost.
    virtual bool send(std::optional<NodeId> to, std::string envelope) = 0;
    // The way is there.
    virtual bool connected() const = 0;
    // Mail for a node, or for all of them, waits in the Outboxes: take it. Never blocks.
    virtual void mail_waits(std::optional<NodeId> to) = 0;
};

// Direct connections to the other nodes. Any thread; never blocks.
class DirectLinks {
public:
    virtual ~DirectLinks() = default;
    virtual Direct own() const = 0;  // of this node; without addresses while they are not known
    virtual void know(NodeId node, const Direct& direct) = 0;  // and keep a link to it
    virtual void lose(NodeId node) = 0;                        // the directory has lost it; it may come back
    virtual void departed(NodeId node) = 0;                    // it said goodbye
    // False: no link, or too much waits.
    virtual bool send(NodeId node, std::string envelope) = 0;
    // nullopt: look for mail of every node.
    virtual void mail_waits(std::optional<NodeId> node) = 0;
    virtual void bus_changed() = 0;  // as Routes::bus says: siblings want to know
};

// A node without siblings.
class NoBus final : public Bus {
public:
    bool send(std::optional<NodeId>, std::string) override { return false; }
    bool connected() const override { return false; }
    void mail_waits(std::optional<NodeId>) override {}
};

}  // namespace rookery::pool
