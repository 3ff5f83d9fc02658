// The supervision tree of a node: who starts whom, in which order, and why. Everything below is data handed to
// supervisors; nothing else spawns permanent actors. What is not an actor (threads of I/O and gRPC, listeners, STUN,
// control socket) is opened after the tree and closed before it, by the node; it cannot crash alone.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/core/mailboxes.hpp"
#include "actors/core/session_supervisor.hpp"
#include "actors/core/supervisor.hpp"
#include "actors/management/protocol.hpp"
#include "actors/pool/directory_actor.hpp"
#include "actors/relay/counters.hpp"
#include "actors/relay/protocol.hpp"
#include "actors/signal/protocol.hpp"
#include "config/config.hpp"

namespace rookery::runtime {

// What the tree is made of; values that outlive it.
struct TreeParts {
    const config::Config* configuration = nullptr;
    const core::Crypto* crypto = nullptr;
    std::uint32_t node = 1;  // this node's number in registration numbers
    std::shared_ptr<core::Mailboxes> mailboxes;
    pool::DirectoryParts directory;
    std::shared_ptr<signal::Counters> signal_counters;
    std::shared_ptr<relay::Routes> relay_routes;
    std::shared_ptr<relay::RelayCounters> relay_counters;
    std::shared_ptr<management::Store> store;  // only with the Management role
    bool store_blocks = true;                  // so its actor has a thread of its own
    std::shared_ptr<management::Counters> management_counters;
    management::StoreReport store_report;
    management::Rules rules;
    std::chrono::seconds renewal_period{0};  // of relay tokens; zero: nothing to renew
};

// Where its actors are found, across restarts.
struct TreeRefs {
    core::Ref<pool::DirectoryHandle> pool;       // the directory's actor, as its siblings' messages see it
    core::Ref<core::DirectoryHandle> directory;  // the same, as sessions see it
    core::Ref<core::SessionsHandle> signal_sessions;
    core::Ref<signal::WriteWatchHandle> signal_watch;
    core::Ref<core::SessionsHandle> relay_links;
    core::Ref<relay::PresenceHandle> relay_presence;
    core::Ref<management::StorageHandle> storage;
    core::Ref<management::AccountsHandle> accounts;
    core::Ref<management::RenewalHandle> renewal;
    core::Ref<core::SessionsHandle> sync_streams;
};

// The root and everything below it, as data.
core::ChildSpec node_tree(const TreeParts& parts, const TreeRefs& refs);

class Tree {
public:
    // `failed` is called once if the root gives up, with the chain of reasons, a line per
    // level. From an actor's thread.
    Tree(core::System& system, const TreeParts& parts, const TreeRefs& refs, std::function<void(std::string)> failed);
    ~Tree();  // stop()
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    // Stops the actors in reverse start order and waits for it.
    void stop();
    // After stop(): an actor did not end even when killed. Waiting for it would take for ever.
    bool hangs() const;

private:
    struct Ended;
    std::shared_ptr<Ended> ended_;
    caf::actor root_;
};

}  // namespace rookery::runtime
