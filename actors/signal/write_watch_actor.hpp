// Finds agents that do not read (spec §1.4, NB_SIGNAL_SEND_TIMEOUT). Looks only at streams with a write under
// way, so an idle node has nothing to do. Bound: one entry per open stream.
#pragma once

#include <vector>

#include "actors/signal/protocol.hpp"

namespace rookery::signal {

class WriteWatchActor : public core::Actor<WriteWatchHandle> {
public:
    // `mailboxes`: where a new incarnation finds the sessions that the one before it watched.
    WriteWatchActor(caf::actor_config& config, core::ActorContext context, std::chrono::milliseconds send_timeout,
                    std::shared_ptr<core::Mailboxes> mailboxes);

    behavior_type make_behavior() override;

private:
    std::vector<std::pair<std::string, std::string>> details() const override;
    void look();

    const std::chrono::milliseconds send_timeout_;
    const std::chrono::milliseconds period_;
    const std::shared_ptr<core::Mailboxes> mailboxes_;
    std::vector<std::weak_ptr<Session>> writing_;
};

}  // namespace rookery::signal
