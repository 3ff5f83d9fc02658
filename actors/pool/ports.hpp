// What the pool needs from the edges: a way to the other nodes. Implemented by adapters (NATS).
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
    // Mail waits in the Outboxes: take it. Never blocks.
    virtual void mail_waits() = 0;
};

// A node without siblings.
class NoBus final : public Bus {
public:
    bool send(std::optional<NodeId>, std::string) override { return false; }
    bool connected() const override { return false; }
    void mail_waits() override {}
};

}  // namespace rookery::pool
