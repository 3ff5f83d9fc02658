// Where a byte path hands over what no mailbox of this node takes: looks the holder up and queues the bytes for its
// node. Any thread.
#pragma once

#include <memory>

#include "actors/core/bridge.hpp"
#include "actors/pool/directory.hpp"
#include "actors/pool/inbox.hpp"
#include "actors/pool/outboxes.hpp"
#include "actors/pool/ports.hpp"

namespace rookery::pool {

class PoolBridge final : public core::Bridge {
public:
    PoolBridge(std::shared_ptr<const Directory> directory, std::shared_ptr<Outboxes> outboxes, std::shared_ptr<Bus> bus,
               std::shared_ptr<Inbox> inbox)
        : directory_(std::move(directory)),
          outboxes_(std::move(outboxes)),
          bus_(std::move(bus)),
          inbox_(std::move(inbox)) {}

    core::Posted post(const core::MailboxAddress& address, const core::rpc::Bytes& bytes) override;
    bool drops_old() const override { return inbox_->drops_old(boot_time()); }

private:
    const std::shared_ptr<const Directory> directory_;
    const std::shared_ptr<Outboxes> outboxes_;
    const std::shared_ptr<Bus> bus_;
    const std::shared_ptr<Inbox> inbox_;
};

}  // namespace rookery::pool
