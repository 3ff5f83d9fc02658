// The actor of one open ConnectStream: registers it, and ends it when it ends itself.
#pragma once

#include "actors/signal/protocol.hpp"

namespace rookery::signal {

class SessionActor : public core::Actor<SessionHandle> {
public:
    SessionActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<Session> session,
                 core::Ref<core::DirectoryHandle> directory, Counters* counters);

    behavior_type make_behavior() override;
    void on_exit() override;

private:
    const std::shared_ptr<Session> session_;
    const core::Ref<core::DirectoryHandle> directory_;
    Counters& counters_;
};

}  // namespace rookery::signal
