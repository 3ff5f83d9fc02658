// Renews the relay tokens of open Sync streams at ¾ of their life (management-grpc §G.3). One per node: a timer of
// each stream's own would keep a closed stream alive until it rings, which takes hours.
// Bound: one entry per stream that was opened within a period; entries of closed streams are swept.
#pragma once

#include <deque>
#include <memory>

#include "actors/management/protocol.hpp"

namespace rookery::management {

class RenewalActor : public core::Actor<RenewalHandle> {
public:
    // `period`: zero when there is nothing to renew.
    // `mailboxes`: where a new incarnation finds the streams that the one before it knew.
    RenewalActor(caf::actor_config& config, core::ActorContext context, std::chrono::seconds period,
                 std::shared_ptr<core::Mailboxes> mailboxes);

    behavior_type make_behavior() override;

private:
    struct Entry {
        caf::actor_clock::time_point due;
        std::weak_ptr<SyncStream> stream;
    };

    std::vector<std::pair<std::string, std::string>> details() const override;
    void add(std::weak_ptr<SyncStream> stream);
    void renew_due();
    void ring_for_first();

    const std::chrono::seconds period_;
    const std::shared_ptr<core::Mailboxes> mailboxes_;
    std::deque<Entry> entries_;  // by due time, as all have the same period
    std::size_t sweep_at_ = 1024;
};

}  // namespace rookery::management
