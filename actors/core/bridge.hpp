// The port to the other nodes of a pool: tells them of registrations and takes bytes to their mailboxes.
// Implemented by adapters (NATS, trunks); LocalBridge is the node that has no siblings.
#pragma once

#include "actors/core/directory.hpp"
#include "actors/core/rpc.hpp"

namespace rookery::core {

class Bridge {
public:
    virtual ~Bridge() = default;
    // Never blocks; batched by the implementation.
    virtual void announce(const MailboxAddress& address, const Registration& registration, bool present) = 0;
    // Hands bytes to `node`'s mailbox; false if they were dropped (bounded queue full, node unknown).
    virtual bool post(std::uint32_t node, const MailboxAddress& address, const rpc::Bytes& bytes) = 0;
};

class LocalBridge final : public Bridge {
public:
    void announce(const MailboxAddress&, const Registration&, bool) override {}
    bool post(std::uint32_t, const MailboxAddress&, const rpc::Bytes&) override { return false; }
};

}  // namespace rookery::core
