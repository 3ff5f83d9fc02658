#include "actors/relay/link_actor.hpp"

#include <array>

#include "actors/core/log.hpp"
#include "actors/relay/wire.hpp"

namespace rookery::relay {

namespace log = core::log;

LinkActor::LinkActor(caf::actor_config& config, core::ActorContext context, SessionId session, LinkInfo info,
                     std::shared_ptr<LinkLease> lease, std::shared_ptr<LinkInbox> inbox,
                     core::Ref<PresenceHandle> presence, Health::Settings health,
                     std::shared_ptr<RelayCounters> counters)
    : Actor(config, std::move(context)),
      session_(session),
      info_(std::move(info)),
      lease_(std::move(lease)),
      inbox_(std::move(inbox)),
      presence_(std::move(presence)),
      health_(health, now()),
      counters_(std::move(counters)) {}

LinkActor::behavior_type LinkActor::make_behavior() {
    const log::Fields fields{{"peerID", info_.id.display()}};
    log::write(log::Level::info, &fields, {"peer connected from: {}"}, info_.remote);
    // Not registered means not routable: then the agent is better off connecting again.
    const auto registered = [target = lease_->target()](const core::Result<core::Done>& result) {
        if (!result) target->close(CloseReason::actor_ended);
    };
    presence_.send(RegisterLink{session_, info_, lease_->target(), caf::actor_cast<caf::actor>(this), {registered}});
    inbox_->attach([self = LinkHandle(this)] { caf::anon_send(self, InboxFilled{}); });
    tick_later();
    return {
        status_handler(),
        [this](const InboxFilled&) { on_inbox(); },
        [this](const HealthTick&) { on_tick(); },
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
    if (*content.closed == CloseReason::peer_closed)
        log::write(log::Level::info, &fields, {"peer exited gracefully: {}"}, info_.remote);
    else
        log::write(log::Level::info, &fields, {"peer disconnected: {}: {}"}, info_.remote, to_string(*content.closed));
    quit();
}

void LinkActor::on_tick() {
    const auto& target = lease_->target();
    for (;;) {
        switch (health_.advance(now(), target->health_answers())) {
            case Health::Step::wait: return tick_later();
            case Health::Step::send_check: target->send(std::array{wire::health_check()}); break;
            case Health::Step::timed_out: {
                const log::Fields fields{{"peerID", info_.id.display()}};
                log::write(log::Level::info, &fields, {"peer healthcheck timeout: {}"}, info_.remote);
                counters_->health_timeouts.fetch_add(1, std::memory_order_relaxed);
                target->close(CloseReason::health_timeout);
                return;  // the link reports its end through the inbox
            }
        }
    }
}

void LinkActor::tick_later() {
    delayed_send(this, health_.next() - now(), HealthTick{});
}

core::SteadyTime LinkActor::now() const {
    return home_system().clock().now();
}

LinkGate::LinkGate(core::Ref<core::SessionsHandle> supervisor, core::Ref<PresenceHandle> presence,
                   Health::Settings health, std::shared_ptr<RelayCounters> counters)
    : supervisor_(std::move(supervisor)),
      presence_(std::move(presence)),
      health_(health),
      counters_(std::move(counters)) {}

std::shared_ptr<LinkEvents> LinkGate::open(LinkInfo info, std::shared_ptr<FrameTarget> target) {
    auto inbox = std::make_shared<LinkInbox>();
    auto lease = std::make_shared<LinkLease>(std::move(target));
    const auto session = next_session_.fetch_add(1, std::memory_order_relaxed);
    auto id = info.id.display();
    // If this message is lost, the lease in it closes the link.
    supervisor_.send(core::StartChild{std::move(id), [=, presence = presence_, health = health_, counters = counters_,
                                                      info = std::move(info)](core::ActorContext context) {
                                          auto& system = context.system->caf();
                                          return caf::actor_cast<caf::actor>(
                                              system.spawn<LinkActor>(std::move(context), session, info, lease, inbox,
                                                                      presence, health, counters));
                                      }});
    return inbox;
}

}  // namespace rookery::relay
