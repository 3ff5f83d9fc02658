// The dynamic supervisor: its children are sessions, started at run time. Include this in actor shells and wiring only.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/core/child_spec.hpp"

namespace rookery::core {

// Starts a child at run time, as asked for by whoever accepted a connection.
struct StartChild {
    std::string id;
    ChildFactory start;
};

// Its own timer, not for others.
struct SessionsOverdue {
    bool killed = false;
};

}  // namespace rookery::core

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::StartChild)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::SessionsOverdue)

namespace rookery::core {

using SessionsHandle = Interface<caf::reacts_to<StartChild>, caf::reacts_to<SessionsOverdue>>;

// Children are temporary: one that crashes is counted and logged, never restarted, since its connection died with it
// and the client comes back by itself. However many crash, that is no reason to end the others.
// Stopping: all at once, killed after the time-out.
class SessionSupervisor : public Actor<SessionsHandle> {
public:
    SessionSupervisor(caf::actor_config& config, ActorContext context,
                      std::chrono::milliseconds shutdown_timeout = std::chrono::seconds(5));

    behavior_type make_behavior() override;
    caf::invoke_message_result consume(caf::mailbox_element& element) override;
    void on_exit() override;

private:
    std::vector<std::pair<std::string, std::string>> details() const override;
    void start(const StartChild& request);
    void crashed(const std::string& id, const std::string& why);
    void on_down(const caf::down_msg& down);
    void on_overdue(bool killed);
    void begin_stop(caf::error reason);
    void tell_all(caf::exit_reason reason);

    const std::chrono::milliseconds shutdown_timeout_;
    const std::shared_ptr<SupervisionVitals> counts_;
    std::map<caf::actor_addr, std::pair<caf::actor, std::shared_ptr<Vitals>>> children_;
    std::optional<caf::error> stopping_;  // the reason to end with, once the sessions have ended
};

}  // namespace rookery::core
