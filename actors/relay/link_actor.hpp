// The life of one authenticated link: registers it, passes its requests on, ends with it.
// Link scope. No Transport frame passes here.
//
// Mailbox: at most one InboxFilled (the link's inbox is bounded).
// The socket never outlives this actor: the actor holds the link's lease.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/core/session_supervisor.hpp"
#include "actors/relay/protocol.hpp"

namespace rookery::relay {

// Closes the link when the last holder is gone: the message that asks for an actor, then the actor.
class LinkLease {
public:
    explicit LinkLease(std::shared_ptr<FrameTarget> target) : target_(std::move(target)) {}
    ~LinkLease() { target_->close(CloseReason::actor_ended); }
    LinkLease(const LinkLease&) = delete;
    LinkLease& operator=(const LinkLease&) = delete;

    const std::shared_ptr<FrameTarget>& target() const { return target_; }

private:
    std::shared_ptr<FrameTarget> target_;
};

class LinkActor : public core::Actor<LinkHandle> {
public:
    LinkActor(caf::actor_config& config, core::ActorContext context, SessionId session, LinkInfo info,
              std::shared_ptr<LinkLease> lease, std::shared_ptr<LinkInbox> inbox, core::Ref<PresenceHandle> presence);

    behavior_type make_behavior() override;
    void on_exit() override;

private:
    std::vector<std::pair<std::string, std::string>> details() const override;
    void on_inbox();

    const SessionId session_;
    const LinkInfo info_;
    std::shared_ptr<LinkLease> lease_;
    std::shared_ptr<LinkInbox> inbox_;
    const core::Ref<PresenceHandle> presence_;
};

// Turns authenticated links into supervised actors. Thread-safe; node scope.
class LinkGate : public LinkOpener {
public:
    LinkGate(core::Ref<core::SessionsHandle> supervisor, core::Ref<PresenceHandle> presence);

    std::shared_ptr<LinkEvents> open(LinkInfo info, std::shared_ptr<FrameTarget> target) override;

private:
    const core::Ref<core::SessionsHandle> supervisor_;
    const core::Ref<PresenceHandle> presence_;
    std::atomic<SessionId> next_session_{1};
};

}  // namespace rookery::relay
