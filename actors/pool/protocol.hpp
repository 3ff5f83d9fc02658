// Every typed actor interface of the pool.
#pragma once

#include "actors/core/protocol.hpp"
#include "actors/pool/messages.hpp"

namespace rookery::pool {

// Another node's word about its registrations.
struct Heard {
    NodeId from = 0;
    Message message;
};
// The bus came or went.
struct BusState {
    bool connected = false;
};
// The directory's own timers.
struct Tick {};
struct Flush {};
// Tell the pool that this node leaves.
struct Leave {};

}  // namespace rookery::pool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::pool::Heard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::pool::BusState)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::pool::Tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::pool::Flush)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::pool::Leave)

namespace rookery::pool {

// The one writer of directory and mailboxes; one per node. Sessions see core::DirectoryHandle of it.
using DirectoryHandle =
    core::DirectoryHandle::extend<caf::reacts_to<Heard>, caf::reacts_to<BusState>, caf::reacts_to<Tick>,
                                  caf::reacts_to<Flush>, caf::reacts_to<Leave>>;

}  // namespace rookery::pool
