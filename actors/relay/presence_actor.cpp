#include "actors/relay/presence_actor.hpp"

#include <array>

#include "actors/relay/wire.hpp"

namespace rookery::relay {

PresenceActor::PresenceActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<Routes> routes,
                             std::shared_ptr<RelayCounters> counters, Presence::Limits limits, Health::Settings health,
                             std::uint32_t node)
    : Actor(config, std::move(context)),
      routes_(std::move(routes)),
      counters_(std::move(counters)),
      clock_(node),
      presence_(limits),
      health_(health) {}

PresenceActor::behavior_type PresenceActor::make_behavior() {
    set_down_handler([this](const caf::down_msg& down) { on_link_down(down.source); });
    return {
        status_handler(),
        [this](const RegisterLink& request) { on_register(request); },
        [this](const ChangePeerState& request) { on_change(request); },
        [this](const HealthTick&) { on_tick(); },
    };
}

void PresenceActor::on_exit() {
    for (const auto& [session, link] : links_) {
        routes_->remove(link.id.view(), link.target.get());
        link.target->close(CloseReason::actor_ended);
    }
    links_.clear();
    sessions_.clear();
    counters_->peers = 0;
    Actor::on_exit();
}

std::vector<std::pair<std::string, std::string>> PresenceActor::details() const {
    return {{"sessions", std::to_string(presence_.sessions())},
            {"subscriptions", std::to_string(presence_.subscriptions())},
            {"refused subscriptions", std::to_string(presence_.refused_subscriptions())}};
}

// Routable first, announced afterwards; the AuthResponse went out before the link came here.
void PresenceActor::on_register(const RegisterLink& request) {
    const Health health(health_, home_system().clock().now());
    links_.emplace(request.session, Link{request.info.id, request.target, health});
    round_.add(request.session, health.next());
    if (!ticking_) tick_later();
    sessions_.emplace(request.link.address(), request.session);
    monitor(request.link);
    const auto events = presence_.add(request.session, request.info.id, clock_.next(core::wall_now()));
    routes_->put(std::string(request.info.id.view()), request.target);
    carry_out(events);
    update_counters();
    counters_->store.record_ms(std::chrono::steady_clock::now() - request.info.opened);
    request.reply(core::Done{});
}

void PresenceActor::on_change(const ChangePeerState& request) {
    PresenceEvents events;
    for (const auto& r : request.requests) {
        if (r.subscribe) {
            auto answer = presence_.subscribe(request.session, r.ids);
            std::move(answer.begin(), answer.end(), std::back_inserter(events));
        } else {
            presence_.unsubscribe(request.session, r.ids);
        }
    }
    carry_out(events);
    update_counters();
}

void PresenceActor::on_link_down(const caf::actor_addr& link) {
    const auto it = sessions_.find(link);
    if (it == sessions_.end()) return;
    const auto session = it->second;
    sessions_.erase(it);
    drop(session, CloseReason::actor_ended);
    carry_out(presence_.remove(session));
    update_counters();
}

void PresenceActor::on_tick() {
    const auto now = home_system().clock().now();
    while (const auto session = round_.take_due(now)) advance(*session, now);
    tick_later();
}

void PresenceActor::advance(SessionId session, core::SteadyTime now) {
    const auto it = links_.find(session);
    if (it == links_.end()) return;
    auto& [id, target, health] = it->second;
    for (;;) {
        switch (health.advance(now, target->health_answers())) {
            case Health::Step::wait: return round_.add(session, health.next());
            case Health::Step::send_check: target->send(std::array{wire::health_check()}); break;
            case Health::Step::timed_out:
                counters_->health_timeouts.fetch_add(1, std::memory_order_relaxed);
                return target->close(CloseReason::health_timeout);  // its actor hears of that and ends
        }
    }
}

// A link that comes meanwhile is due later than every other: all have the same periods.
void PresenceActor::tick_later() {
    const auto next = round_.next();
    ticking_ = next.has_value();
    if (next) delayed_send(this, *next - home_system().clock().now(), HealthTick{});
}

// Compare and delete: the route of a newer session stays.
void PresenceActor::drop(SessionId session, CloseReason reason) {
    const auto it = links_.find(session);
    if (it == links_.end()) return;
    routes_->remove(it->second.id.view(), it->second.target.get());
    it->second.target->close(reason);
    links_.erase(it);
}

// Consecutive events of one session leave in one write.
void PresenceActor::carry_out(const PresenceEvents& events) {
    for (std::size_t i = 0; i < events.size();) {
        const auto session = events[i].session;
        std::vector<std::string> messages;
        for (; i < events.size() && events[i].session == session; ++i) {
            const auto& event = events[i];
            if (event.kind == PresenceEvent::Kind::displaced) {
                counters_->reconnections.fetch_add(1, std::memory_order_relaxed);
                drop(session, CloseReason::displaced);
                continue;
            }
            const auto type =
                event.kind == PresenceEvent::Kind::online ? wire::Type::peers_online : wire::Type::peers_went_offline;
            for (auto& m : wire::id_list(type, event.ids)) messages.push_back(std::move(m));
        }
        if (messages.empty()) continue;
        if (const auto link = links_.find(session); link != links_.end()) link->second.target->send(messages);
    }
}

void PresenceActor::update_counters() {
    counters_->peers.store(presence_.sessions(), std::memory_order_relaxed);
    counters_->refused_subscriptions.store(presence_.refused_subscriptions(), std::memory_order_relaxed);
}

}  // namespace rookery::relay
