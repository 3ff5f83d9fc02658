#include "runtime/tree.hpp"

#include <future>

#include "actors/core/directory_actor.hpp"
#include "actors/management/accounts_actor.hpp"
#include "actors/management/renewal_actor.hpp"
#include "actors/management/storage_actor.hpp"
#include "actors/relay/presence_actor.hpp"
#include "actors/signal/write_watch_actor.hpp"

namespace rookery::runtime {
namespace {

using core::ActorContext;
using core::child_of;
using core::ChildFactory;
using core::ChildSpec;

ChildFactory subtree(const config::Config& configuration, const std::string& name, std::vector<ChildSpec> children) {
    return [parameters = configuration.supervision.at(name), children](ActorContext context) {
        return caf::actor_cast<caf::actor>(
            context.system->caf().spawn<core::Supervisor>(context, parameters, children, core::random_jitter()));
    };
}

// First: every role registers its sessions in the directory.
ChildSpec platform(const TreeParts& p, const TreeRefs& r) {
    return {"platform",
            subtree(*p.configuration, "platform",
                    {{"directory", child_of<core::DirectoryActor>(r.directory, p.node, p.mailboxes, p.bridge)}})};
}

// Before the roles: Management answers nothing without it. Detached, since the store blocks.
ChildSpec storage(const TreeParts& p, const TreeRefs& r) {
    return {
        "storage",
        subtree(*p.configuration, "storage",
                {{"store", child_of<management::StorageActor, caf::detached>(r.storage, p.store, p.crypto, p.rules)}})};
}

// The watch before the sessions that tell it of their writes.
ChildSpec signal_role(const TreeParts& p, const TreeRefs& r) {
    return {
        "signal",
        subtree(*p.configuration, "sessions",
                {{"writes", child_of<signal::WriteWatchActor>(r.signal_watch, p.configuration->signal->send_timeout)},
                 {"sessions", child_of<core::SessionSupervisor>(r.signal_sessions)}})};
}

// Presence before the links that register with it.
ChildSpec relay_role(const TreeParts& p, const TreeRefs& r) {
    return {"relay",
            subtree(*p.configuration, "sessions",
                    {{"presence", child_of<relay::PresenceActor>(r.relay_presence, p.relay_routes, p.relay_counters,
                                                                 relay::Presence::Limits{}, p.node)},
                     {"links", child_of<core::SessionSupervisor>(r.relay_links)}})};
}

// Accounts and renewal before the streams that attach to them.
ChildSpec management_role(const TreeParts& p, const TreeRefs& r) {
    return {"management", subtree(*p.configuration, "sessions",
                                  {{"accounts", child_of<management::AccountsActor>(r.accounts, r.storage)},
                                   {"renewal", child_of<management::RenewalActor>(r.renewal, p.renewal_period)},
                                   {"streams", child_of<core::SessionSupervisor>(r.sync_streams)}})};
}

std::vector<ChildSpec> node_children(const TreeParts& p, const TreeRefs& r) {
    std::vector<ChildSpec> children{platform(p, r)};
    if (p.configuration->management) children.push_back(storage(p, r));
    std::vector<ChildSpec> roles;
    if (p.configuration->signal) roles.push_back(signal_role(p, r));
    if (p.configuration->relay) roles.push_back(relay_role(p, r));
    if (p.configuration->management) roles.push_back(management_role(p, r));
    children.push_back({"roles", subtree(*p.configuration, "roles", std::move(roles))});
    return children;
}

}  // namespace

struct Tree::Ended {
    std::promise<void> promise;
    std::atomic<bool> asked{false};
};

Tree::Tree(core::System& system, const TreeParts& parts, const TreeRefs& refs, std::function<void(std::string)> failed)
    : ended_(std::make_shared<Ended>()) {
    const ActorContext context{&system, std::make_shared<core::Vitals>("node", nullptr)};
    root_ = caf::actor_cast<caf::actor>(system.caf().spawn<core::Supervisor>(
        context, parts.configuration->supervision.at("edge"), node_children(parts, refs), core::random_jitter()));
    root_->attach_functor([ended = ended_, &system, failed = std::move(failed)](const caf::error& reason) {
        if (!ended->asked) failed(core::describe(system.caf(), reason));
        ended->promise.set_value();
    });
}

Tree::~Tree() {
    stop();
}

void Tree::stop() {
    if (ended_->asked.exchange(true)) return;
    caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
    ended_->promise.get_future().wait();
    root_ = nullptr;
}

}  // namespace rookery::runtime
