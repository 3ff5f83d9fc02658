#include "runtime/tree.hpp"

#include <future>

#include "actors/management/accounts_actor.hpp"
#include "actors/management/renewal_actor.hpp"
#include "actors/management/storage_actor.hpp"
#include "actors/relay/presence_actor.hpp"
#include "actors/signal/write_watch_actor.hpp"

namespace rookery::runtime {
namespace {

using core::ActorContext;
using core::child_of;
using core::ChildKind;
using core::ChildSpec;
using core::Strategy;

// The parameters are those of the subtree's own name.
ChildSpec subtree(const config::Config& configuration, const std::string& name, Strategy strategy,
                  std::vector<ChildSpec> children) {
    ChildSpec spec;
    spec.id = name;
    spec.kind = ChildKind::supervisor;
    spec.start = [parameters = configuration.supervision.at(name), strategy, children](ActorContext context) {
        return caf::actor_cast<caf::actor>(context.system->caf().spawn<core::Supervisor>(
            context, strategy, parameters, children, core::random_jitter()));
    };
    return spec;
}

ChildSpec sessions(const config::Config& configuration, const std::string& role, const std::string& name,
                   const core::Ref<core::SessionsHandle>& ref) {
    const auto timeout = configuration.supervision.at(role).shutdown_timeout;
    return {name, child_of<core::SessionSupervisor>(ref, timeout), core::Restart::permanent, ChildKind::supervisor};
}

// First: every role registers its sessions in the directory. rest_for_one: what comes later is built on it.
ChildSpec platform(const TreeParts& p, const TreeRefs& r) {
    const auto directory = [parts = p.directory, as_pool = r.pool, as_sessions = r.directory](ActorContext context) {
        const auto handle = context.system->caf().spawn<pool::DirectoryActor>(context, parts);
        as_pool.set(handle);
        as_sessions.set(handle);
        return caf::actor_cast<caf::actor>(handle);
    };
    return subtree(*p.configuration, "platform", Strategy::rest_for_one, {{"directory", directory}});
}

template <caf::spawn_options Options>
core::ChildFactory store_of(const TreeParts& p, const TreeRefs& r) {
    return child_of<management::StorageActor, Options>(r.storage, p.store, p.crypto, p.rules, p.management_counters,
                                                       p.store_report);
}

// Before the roles: Management answers nothing without it.
ChildSpec storage(const TreeParts& p, const TreeRefs& r) {
    const auto store = p.store_blocks ? store_of<caf::detached>(p, r) : store_of<caf::no_spawn_options>(p, r);
    return subtree(*p.configuration, "storage", Strategy::one_for_one,
                   {{"store", store, core::Restart::permanent, ChildKind::blocking}});
}

// The watch before the sessions that tell it of their writes; it finds those again by itself.
ChildSpec signal_role(const TreeParts& p, const TreeRefs& r) {
    return subtree(*p.configuration, "signal", Strategy::one_for_one,
                   {{"writes", child_of<signal::WriteWatchActor>(r.signal_watch, p.configuration->signal->send_timeout,
                                                                 p.mailboxes)},
                    sessions(*p.configuration, "signal", "sessions", r.signal_sessions)});
}

// Presence before the links that register with it. It closes them itself when it crashes.
ChildSpec relay_role(const TreeParts& p, const TreeRefs& r) {
    relay::Health::Settings health;
    health.threshold = p.configuration->relay->health_check_attempts;
    return subtree(*p.configuration, "relay", Strategy::one_for_one,
                   {{"presence", child_of<relay::PresenceActor>(r.relay_presence, p.relay_routes, p.relay_counters,
                                                                relay::Presence::Limits{}, health, p.node)},
                    sessions(*p.configuration, "relay", "links", r.relay_links)});
}

// Accounts and renewal before the streams that attach to them.
ChildSpec management_role(const TreeParts& p, const TreeRefs& r) {
    return subtree(
        *p.configuration, "management", Strategy::one_for_one,
        {{"accounts", child_of<management::AccountsActor>(r.accounts, r.storage, p.rules, p.management_counters)},
         {"renewal", child_of<management::RenewalActor>(r.renewal, p.renewal_period, p.mailboxes)},
         sessions(*p.configuration, "management", "streams", r.sync_streams)});
}

// one_for_one: no role needs another one on its own node.
ChildSpec roles(const TreeParts& p, const TreeRefs& r) {
    std::vector<ChildSpec> roles;
    if (p.configuration->signal) roles.push_back(signal_role(p, r));
    if (p.configuration->relay) roles.push_back(relay_role(p, r));
    if (p.configuration->management) roles.push_back(management_role(p, r));
    return subtree(*p.configuration, "roles", Strategy::one_for_one, std::move(roles));
}

}  // namespace

core::ChildSpec node_tree(const TreeParts& parts, const TreeRefs& refs) {
    std::vector<ChildSpec> children{platform(parts, refs)};
    if (parts.configuration->management) children.push_back(storage(parts, refs));
    children.push_back(roles(parts, refs));
    return subtree(*parts.configuration, "node", Strategy::rest_for_one, std::move(children));
}

struct Tree::Ended {
    std::promise<void> promise;
    std::atomic<bool> asked{false};
    std::atomic<bool> hangs{false};
};

Tree::Tree(core::System& system, const TreeParts& parts, const TreeRefs& refs, std::function<void(std::string)> failed)
    : ended_(std::make_shared<Ended>()) {
    root_ = node_tree(parts, refs).start(ActorContext{&system, std::make_shared<core::Vitals>("node", nullptr)});
    root_->attach_functor([ended = ended_, &system, failed = std::move(failed)](const caf::error& reason) {
        ended->hangs = core::is_hopeless(reason);
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

bool Tree::hangs() const {
    return ended_->hangs;
}

}  // namespace rookery::runtime
