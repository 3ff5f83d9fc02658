#include "actors/management/change_set.hpp"

namespace rookery::management {
namespace {

// Changes a state that is not shared yet.
struct Apply {
    AccountState& state;

    void operator()(const Put<User>& c) const { put(state.users, c); }
    void operator()(const Put<AccessToken>& c) const { put(state.tokens, c); }
    void operator()(const Remove<AccessToken>& c) const { remove(state.tokens, c.id); }
    void operator()(const Put<SetupKey>& c) const { put(state.setup_keys, c); }
    void operator()(const Remove<SetupKey>& c) const { remove(state.setup_keys, c.id); }
    void operator()(const Put<Peer>& c) const { put(state.peers, c); }
    void operator()(const Remove<Peer>& c) const {
        remove(state.peers, c.id);
        if (state.statuses.find(c.id)) remove(state.statuses, c.id);
    }
    void operator()(const Put<Group>& c) const { put(state.groups, c); }
    void operator()(const Members& c) const {
        const auto* before = state.groups.find(c.group);
        if (!before) return;
        auto group = std::make_shared<Group>(*before);
        for (const auto& peer : c.removed) group->peers.erase(peer);
        group->peers.insert(c.added.begin(), c.added.end());
        state.groups = state.groups.with(c.group, std::move(group));
    }
    void operator()(const Put<Policy>& c) const { put(state.policies, c); }
    void operator()(const Remove<Policy>& c) const { remove(state.policies, c.id); }

    template <class T>
    static void put(Collection<T>& in, const Put<T>& change) {
        in = in.with(change.value->id, change.value);
    }
    template <class T>
    static void remove(Collection<T>& from, const Id& id) {
        from = from.without(id);
    }
};

}  // namespace

ChangeSet commit(const AccountState& state, Decision decision, CommitId id, WallTime now) {
    const bool empty = decision.empty();
    ChangeSet set;
    set.account = state.id;
    set.serial = state.serial + (decision.raises_serial && !empty ? 1 : 0);
    set.commit = empty ? state.commit : id;
    set.parent = state.commit;
    set.at = now;
    set.changes = std::move(decision.changes);
    set.events = std::move(decision.events);
    return set;
}

AccountState apply(const AccountState& state, const ChangeSet& changes) {
    auto next = state;
    next.serial = changes.serial;
    next.commit = changes.commit;
    for (const auto& change : changes.changes) std::visit(Apply{next}, change);
    return next;
}

}  // namespace rookery::management
