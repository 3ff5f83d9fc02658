// management::Store in one SQLite file, for a node that shares its state with nobody. One transaction holds the row
// changes, the change log and the audit events of its ChangeSets; what was answered survives the end of the process
// and of the machine (WAL, synchronous = FULL).
// Bound: the change log keeps the newest `kept_changes` entries of an account.
// Calls block and are made by one thread at a time. A second process on the file is kept out by the node's lock on
// its data directory, not here.
#pragma once

#include <memory>
#include <string>

#include "actors/core/field_cipher.hpp"
#include "actors/management/store.hpp"
#include "adapters/records/records.hpp"
#include "adapters/sqlite/account_rows.hpp"
#include "adapters/sqlite/database.hpp"

namespace rookery::adapters::sqlite {

class SqliteStore final : public management::Store {
public:
    static constexpr std::int64_t kept_changes = 10'000;

    // `cipher` outlives the store. The file is created, or brought to this binary's schema. Refused
    // (precondition_failed, with what to do): another key than the data's, a newer schema, a foreign database.
    static Result<std::unique_ptr<SqliteStore>> open(const std::string& path, const core::FieldCipher& cipher);

    Result<std::vector<management::AccountId>> accounts() override;
    // already_exists when there is an account: an installation has one until there are users to tell them apart.
    Result<management::Snapshot> create_account(const management::AccountState& account) override;
    Result<management::Snapshot> load_account(const management::AccountId& id) override;
    Result<std::optional<management::PeerLocation>> find_peer(const management::PublicKey& key) override;
    Result<std::optional<management::AccountId>> find_setup_key(const std::string& hash) override;
    Result<std::optional<management::TokenOwner>> find_token(const std::string& hash) override;
    Result<management::Transaction> transact(const management::Snapshot& known,
                                             const std::vector<management::Request>& requests,
                                             const management::Decider& decide) override;
    // not_found when `commit` is not in the log (any more): load the account.
    Result<std::vector<management::ChangeSet>> changes_after(const management::AccountId& id,
                                                             const management::CommitId& commit) override;
    Result<Done> write_statuses(const management::AccountId& id,
                                const std::vector<management::PeerStatus>& statuses) override;
    Result<Done> touch_token(const management::AccountId& id, const management::Id& token,
                             management::WallTime used) override;
    Result<std::string> keep_secret(const std::string& name, const std::string& fresh) override;
    Result<Done> check() override;

private:
    using Outcome = Result<std::shared_ptr<const management::ChangeSet>>;

    SqliteStore(std::unique_ptr<Database> database, const core::FieldCipher& cipher);

    Result<management::Snapshot> current(const management::Snapshot& known);
    // The outer error: the transaction has failed. The inner one: this request is refused.
    Result<Outcome> execute(management::Snapshot& state, const management::Request& request,
                            const management::Decider& decide);
    Result<Done> trim_log(const management::AccountId& id);

    const std::unique_ptr<Database> database_;
    const core::FieldCipher& cipher_;
    const records::Records records_;
    AccountRows rows_;
};

}  // namespace rookery::adapters::sqlite
