// The node's replica for the byte paths: they look an address up while its one writer, the DirectoryActor, follows the
// pool. A look-up takes a shared lock that the writer holds only while it applies one message. Node scope.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <utility>

#include "actors/pool/replica.hpp"

namespace rookery::pool {

class Directory {
public:
    Directory(NodeId self, Card card, ReplicaSettings settings, core::SteadyTime now)
        : replica_(self, std::move(card), settings, now) {}

    Replica::Found find(const core::MailboxAddress& address, core::SteadyTime now) const {
        std::shared_lock lock(mutex_);
        return replica_.find(address, now);
    }

    // For status and metrics.
    auto read(auto&& look) const {
        std::shared_lock lock(mutex_);
        return look(replica_);
    }

    // For the DirectoryActor alone.
    auto write(auto&& change) {
        std::unique_lock lock(mutex_);
        return change(replica_);
    }

private:
    mutable std::shared_mutex mutex_;
    Replica replica_;
};

}  // namespace rookery::pool
