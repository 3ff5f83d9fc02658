#include "actors/relay/link_actor.hpp"

#include "actors/core/log.hpp"

namespace rookery::relay {

namespace log = core::log;

LinkActor::LinkActor(caf::actor_config& config, core::ActorContext context, SessionId session, LinkInfo info,
                     std::shared_ptr<LinkLease> lease, std::shared_ptr<LinkInbox> inbox,
                     core::Ref<PresenceHandle> presence)
    : Actor(config, std::move(context)),
      session_(session),
      info_(std::move(info)),
      lease_(std::move(lease)),
      inbox_(std::move(inbox)),
      presence_(std::move(presence)) {}

LinkActor::behavior_type LinkActor::make_behavior() {
    const log::Fields fields{{"peerID", info_.id.display()}};
    log::write(log::Level::info, &fields, {"peer connected from: {}"}, info_.remote);
    // Not registered means not routable: then the agent is better off connecting again.
    const auto registered = [target = lease_->target()](const core::Result<core::Done>& result) {
        if (!result) target->close(CloseReason::actor_ended);
    };
    presence_.send(RegisterLink{session_, info_, lease_->target(), caf::actor_cast<caf::actor>(this), {registered}});
    inbox_->attach([self = LinkHandle(this)] { caf::anon_send(self, InboxFilled{}); });
    return {
        status_handler(),
        [this](const InboxFilled&) { on_inbox(); },
    };
}

void LinkActor::on_exit() {
    inbox_->detach();
    lease_.reset();
    Actor::on_exit();
}

std::vector<std::pair<std::string, std::string>> LinkActor::details() const {
    return {{"peer", info_.id.display()}, {"remote", info_.remote}, {"session", std::to_string(session_)}};
}

void LinkActor::on_inbox() {
    auto content = inbox_->take();
    if (!content.requests.empty()) presence_.send(ChangePeerState{session_, std::move(content.requests)});
    if (!content.closed) return;
    const log::Fields fields{{"peerID", info_.id.display()}};
    if (*content.closed == CloseReason::health_timeout)
        log::write(log::Level::info, &fields, {"peer healthcheck timeout: {}"}, info_.remote);
    if (*content.closed == CloseReason::peer_closed)
        log::write(log::Level::info, &fields, {"peer exited gracefully: {}"}, info_.remote);
    else
        log::write(log::Level::info, &fields, {"peer disconnected: {}: {}"}, info_.remote, to_string(*content.closed));
    quit();
}

LinkGate::LinkGate(core::Ref<core::SessionsHandle> supervisor, core::Ref<PresenceHandle> presence)
    : supervisor_(std::move(supervisor)), presence_(std::move(presence)) {}

std::shared_ptr<LinkEvents> LinkGate::open(LinkInfo info, std::shared_ptr<FrameTarget> target) {
    auto inbox = std::make_shared<LinkInbox>();
    auto lease = std::make_shared<LinkLease>(std::move(target));
    const auto session = next_session_.fetch_add(1, std::memory_order_relaxed);
    auto id = info.id.display();
    // If this message is lost, the lease in it closes the link.
    supervisor_.send(
        core::StartChild{std::move(id), [=, presence = presence_, info = std::move(info)](core::ActorContext context) {
                             auto& system = context.system->caf();
                             return caf::actor_cast<caf::actor>(
                                 system.spawn<LinkActor>(std::move(context), session, info, lease, inbox, presence));
                         }});
    return inbox;
}

}  // namespace rookery::relay
