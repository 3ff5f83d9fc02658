#include "actors/management/change_set.hpp"

namespace rookery::management {
namespace {

// Changes a state that is not shared yet.
struct Apply {
    AccountState& state;

    template <class T>
    void operator()(const Put<T>& c) const {
        auto& in = state.*collection_of<T>;
        in = in.with(c.value->id, c.value);
    }
    template <class T>
    void operator()(const Remove<T>& c) const {
        auto& from = state.*collection_of<T>;
        from = from.without(c.id);
        if constexpr (std::is_same_v<T, Peer>) state.statuses = state.statuses.without(c.id);
    }
    template <class T>
    void operator()(const Set<T>& c) const {
        state.*value_of<T> = *c.value;
    }
    void operator()(const Members& c) const {
        const auto* before = state.groups.find(c.group);
        if (!before) return;
        auto group = std::make_shared<Group>(*before);
        for (const auto& peer : c.removed) group->peers.erase(peer);
        for (const auto& peer : c.added) group->peers.insert(peer);
        state.groups = state.groups.with(c.group, std::move(group));
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

void apply_change(AccountState& state, const Change& change) {
    std::visit(Apply{state}, change);
}

AccountState apply(const AccountState& state, const ChangeSet& changes) {
    auto next = state;
    next.serial = changes.serial;
    next.commit = changes.commit;
    for (const auto& change : changes.changes) apply_change(next, change);
    return next;
}

}  // namespace rookery::management
