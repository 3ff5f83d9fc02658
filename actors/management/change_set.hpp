// A committed change of an account: the unit of the change log and of what replicas tell each other.
#pragma once

#include <memory>
#include <vector>

#include "actors/management/commands.hpp"

namespace rookery::management {

struct ChangeSet {
    AccountId account;
    std::uint64_t serial = 0;  // of the state after it; equal to the one before if no map changes
    CommitId commit{};         // random
    CommitId parent{};         // commit of the state before: a fork or a lost commit is noticed
    WallTime at{};
    std::vector<Change> changes;
    std::vector<AuditEvent> events;

    bool empty() const { return changes.empty() && events.empty(); }
};

// Pure. Numbers a decision on `state`. An empty decision gives an empty ChangeSet that leaves the state, its serial
// and its commit as they are; it is not stored and `id` is not used.
ChangeSet commit(const AccountState& state, Decision decision, CommitId id, WallTime now);

// Pure. Applying a ChangeSet and loading the account from the store give the same state (but for peer statuses and
// the last use of tokens, which are written outside ChangeSets).
AccountState apply(const AccountState& state, const ChangeSet& changes);
// One of its changes, to a state that nobody shares yet.
void apply_change(AccountState& state, const Change& change);

}  // namespace rookery::management
