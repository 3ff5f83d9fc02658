// Owns the presence of the node's relay sessions, asks for their health, and is the only writer of the Routes.
// Node scope.
//
// Mailbox: one RegisterLink per link, at most one ChangePeerState per wake-up of a link's bounded inbox, one
// HealthTick. When it ends, for whatever reason, its links are closed: subscriptions live in memory only, and an agent
// that connects again restores them (it does so within about 1.5 s).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/core/hlc.hpp"
#include "actors/relay/counters.hpp"
#include "actors/relay/health.hpp"
#include "actors/relay/health_round.hpp"
#include "actors/relay/presence.hpp"
#include "actors/relay/protocol.hpp"

namespace rookery::relay {

class PresenceActor : public core::Actor<PresenceHandle> {
public:
    // `node`: this node's number in registration numbers.
    PresenceActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<Routes> routes,
                  std::shared_ptr<RelayCounters> counters, Presence::Limits limits, Health::Settings health,
                  std::uint32_t node);

    behavior_type make_behavior() override;
    void on_exit() override;

private:
    struct Link {
        PeerId id;
        std::shared_ptr<FrameTarget> target;
        Health health;
    };

    std::vector<std::pair<std::string, std::string>> details() const override;
    void on_register(const RegisterLink& request);
    void on_change(const ChangePeerState& request);
    void on_link_down(const caf::actor_addr& link);
    void on_tick();
    void advance(SessionId session, core::SteadyTime now);
    void tick_later();
    void drop(SessionId session, CloseReason reason);
    void carry_out(const PresenceEvents& events);
    void update_counters();

    const std::shared_ptr<Routes> routes_;
    const std::shared_ptr<RelayCounters> counters_;
    core::HybridClock clock_;
    Presence presence_;
    const Health::Settings health_;
    HealthRound round_;
    bool ticking_ = false;  // a tick is on its way, and nothing is due before it
    std::unordered_map<SessionId, Link> links_;
    std::map<caf::actor_addr, SessionId> sessions_;  // by the link's actor
};

}  // namespace rookery::relay
