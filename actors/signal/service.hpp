// signalexchange.SignalExchange as RPC methods (spec signal-relay-stun §1.1–1.6).
#pragma once

#include <atomic>
#include <memory>

#include "actors/core/bridge.hpp"
#include "actors/core/mailboxes.hpp"
#include "actors/core/rpc.hpp"
#include "actors/core/session_supervisor.hpp"
#include "actors/signal/protocol.hpp"

namespace rookery::signal {

// What the service hands work to; filled when the tree is built.
struct Wiring {
    core::Ref<core::SessionsHandle> sessions;
    core::Ref<core::DirectoryHandle> directory;
    core::Ref<WriteWatchHandle> write_watch;
    std::shared_ptr<core::Mailboxes> mailboxes;
    std::shared_ptr<core::Bridge> bridge;  // to the agents of other nodes
    std::shared_ptr<Counters> counters;
};

core::rpc::Methods methods(Wiring wiring);

}  // namespace rookery::signal
