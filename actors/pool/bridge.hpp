// Where a byte path hands over what no mailbox of this node takes: looks the holder up and queues the bytes for its
// node. Any thread.
#pragma once

#include <memory>

#include "actors/core/bridge.hpp"
#include "actors/pool/directory.hpp"
#include "actors/pool/outboxes.hpp"
#include "actors/pool/ports.hpp"

namespace rookery::pool {

class PoolBridge final : public core::Bridge {
public:
    PoolBridge(std::shared_ptr<const Directory> directory, std::shared_ptr<Outboxes> outboxes, std::shared_ptr<Bus> bus)
        : directory_(std::move(directory)), outboxes_(std::move(outboxes)), bus_(std::move(bus)) {}

    core::Posted post(const core::MailboxAddress& address, const core::rpc::Bytes& bytes) override;

private:
    const std::shared_ptr<const Directory> directory_;
    const std::shared_ptr<Outboxes> outboxes_;
    const std::shared_ptr<Bus> bus_;
};

}  // namespace rookery::pool
