// Every actor interface of the relay area.
//
//   LinkGate (port, I/O threads) -> SessionSupervisor -> LinkActor, one per authenticated link -> PresenceActor
//
// Transport frames are in none of these messages: they go from the reading thread through Routes straight into
// the queue of the target's link.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "actors/core/actor.hpp"
#include "actors/core/reply.hpp"
#include "actors/relay/link_inbox.hpp"
#include "actors/relay/ports.hpp"
#include "actors/relay/presence.hpp"

namespace rookery::relay {

// To presence: `link` authenticated and may be routed to. The newest session of a peer wins. Presence watches
// `link`: when that actor ends, so does the session. Answered once the peer is routable.
struct RegisterLink {
    SessionId session;
    LinkInfo info;
    std::shared_ptr<FrameTarget> target;
    caf::actor link;
    core::Reply<core::Done> reply;
};

// To presence: Subscribe and Unsubscribe messages of a session, in the order they came.
struct ChangePeerState {
    SessionId session;
    std::vector<PeerStateRequest> requests;
};

// To a link: its inbox has something to take.
struct InboxFilled {};

// To presence, by itself: some links' health checks or looks may be due.
struct HealthTick {};

}  // namespace rookery::relay

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::relay::RegisterLink)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::relay::ChangePeerState)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::relay::InboxFilled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::relay::HealthTick)

namespace rookery::relay {

// One per node; permanent.
using PresenceHandle = core::Interface<caf::reacts_to<RegisterLink>,     // a session begins
                                       caf::reacts_to<ChangePeerState>,  // a session changes what it wants to know
                                       caf::reacts_to<HealthTick>>;      // its own timer

// One per authenticated link; temporary.
using LinkHandle = core::Interface<caf::reacts_to<InboxFilled>>;  // requests of the agent, or the end of its connection

}  // namespace rookery::relay
