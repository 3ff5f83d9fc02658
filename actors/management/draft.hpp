// A decision under way: its changes, its events, and the account with the changes made so far.
#pragma once

#include "actors/management/change_set.hpp"
#include "actors/management/decisions.hpp"

namespace rookery::management {

class Draft {
public:
    explicit Draft(const Case& c) : case_(c), account_(c.account) {}

    const Case& on() const { return case_; }
    const AccountState& account() const { return account_; }

    // Nothing where nothing differs.
    template <class T>
    void put(T value) {
        const auto* old = (account_.*collection_of<T>).find(value.id);
        if (!old || !(*old == value)) add(Put<T>{std::make_shared<const T>(std::move(value))});
    }
    template <class T>
    void set(T value) {
        if (!(account_.*value_of<T> == value)) add(Set<T>{std::make_shared<const T>(std::move(value))});
    }
    template <class T>
    void remove(const Id& id) {
        if ((account_.*collection_of<T>).find(id)) add(Remove<T>{id});
    }
    void members(Members change) {
        if (!change.added.empty() || !change.removed.empty()) add(std::move(change));
    }

    // By whoever gave the command, unless said otherwise.
    void event(int activity, std::string target, std::map<std::string, std::string> meta = {}) {
        event(activity, std::move(target), std::move(meta), case_.initiator.user);
    }
    void event(int activity, std::string target, std::map<std::string, std::string> meta, UserId initiator) {
        decision_.events.push_back({activity, std::move(initiator), std::move(target), std::move(meta)});
    }

    bool changed() const { return !decision_.changes.empty(); }
    Decision take(bool raises_serial) && {
        decision_.raises_serial = raises_serial && changed();
        return std::move(decision_);
    }

private:
    void add(Change change) {
        apply_change(account_, change);
        decision_.changes.push_back(std::move(change));
    }

    const Case& case_;
    AccountState account_;
    Decision decision_;
};

}  // namespace rookery::management
