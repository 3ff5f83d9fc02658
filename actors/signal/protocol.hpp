// Every typed actor interface of the Signal role.
#pragma once

#include <memory>

#include "actors/core/protocol.hpp"
#include "actors/signal/session.hpp"

namespace rookery::signal {

// The transport closed the stream: unregister and end.
struct SessionClosed {};
// A write was started: look at it until it is done.
struct WatchWrite {
    std::shared_ptr<Session> session;
};
// The watch's own timer.
struct LookAtWrites {};

}  // namespace rookery::signal

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::signal::SessionClosed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::signal::WatchWrite)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::signal::LookAtWrites)

namespace rookery::signal {

// One per open stream: its place in the tree. When it ends, for whatever reason, the stream ends.
using SessionHandle = core::Interface<caf::reacts_to<SessionClosed>>;
// One per node: ends streams whose agent has not read for the send time-out.
using WriteWatchHandle = core::Interface<caf::reacts_to<WatchWrite>, caf::reacts_to<LookAtWrites>>;

}  // namespace rookery::signal
