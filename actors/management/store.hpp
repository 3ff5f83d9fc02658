// The port to whatever keeps accounts. Calls block: only the storage actor's own thread makes them.
// An error never stands for "not there": absence is an empty optional.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/core/error.hpp"
#include "actors/core/reply.hpp"
#include "actors/management/change_set.hpp"

namespace rookery::management {

struct Request {  // a command with its initiator
    Command command;
    Initiator initiator;
};

// Decides and numbers one command on the state that the ones before it in the transaction left.
using Decider = std::function<Result<ChangeSet>(const AccountState& state, const Request& request)>;

struct Transaction {
    Snapshot state;                                                 // after all of it
    std::vector<Result<std::shared_ptr<const ChangeSet>>> results;  // one per request, in order
};

struct PeerLocation {
    AccountId account;
    PeerId peer;
};

struct TokenOwner {
    AccountId account;
    Id token;
    UserId user;
};

class Store {
public:
    virtual ~Store() = default;

    virtual Result<std::vector<AccountId>> accounts() = 0;
    // With its audit event. already_exists when there is an account: two that try at once make one.
    virtual Result<Snapshot> create_account(const AccountState& account) = 0;
    // not_found when there is no such account.
    virtual Result<Snapshot> load_account(const AccountId& id) = 0;

    // Over all accounts, by unique index.
    virtual Result<std::optional<PeerLocation>> find_peer(const PublicKey& key) = 0;
    virtual Result<std::optional<AccountId>> find_setup_key(const std::string& hash) = 0;
    virtual Result<std::optional<TokenOwner>> find_token(const std::string& hash) = 0;

    // One transaction: lock the account, bring `known` up to the store's serial and commit, decide each request
    // on the result of the one before, apply the row changes, append each ChangeSet to the change log, write the
    // audit events, commit. A request that is refused changes nothing and does not disturb the others. If the
    // transaction itself fails, nothing of it happened and the error is returned.
    virtual Result<Transaction> transact(const Snapshot& known, const std::vector<Request>& requests,
                                         const Decider& decide) = 0;

    // Change sets after `serial`/`commit` of an account, oldest first; for replicas that fell behind.
    virtual Result<std::vector<ChangeSet>> changes_after(const AccountId& id, const CommitId& commit) = 0;

    // Fenced: an entry is written only if its session is not older than the stored one.
    virtual Result<core::Done> write_statuses(const AccountId& id, const std::vector<PeerStatus>& statuses) = 0;
    virtual Result<core::Done> touch_token(const AccountId& id, const Id& token, WallTime used) = 0;

    // Values of the cluster that are made once and kept: "server-key" (WireGuard private key, base64; encrypted
    // at rest). Returns what is stored; stores `fresh` if nothing is.
    virtual Result<std::string> keep_secret(const std::string& name, const std::string& fresh) = 0;

    // Whether it can be written: writes something that changes nothing, durably, and wants some room beside it.
    virtual Result<core::Done> check() = 0;
};

// Hears that the store stopped working, with why, and that it works again. Called from the storage actor's thread.
using StoreReport = std::function<void(const Result<core::Done>& works)>;

}  // namespace rookery::management
