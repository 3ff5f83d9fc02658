// The rows of an account: reading all of them, and writing what a ChangeSet changes. Within the caller's
// transaction.
#pragma once

#include "actors/management/change_set.hpp"
#include "adapters/records/records.hpp"
#include "adapters/sqlite/database.hpp"

namespace rookery::adapters::sqlite {

class AccountRows {
public:
    AccountRows(Database& database, const records::Records& records) : database_(database), records_(records) {}

    // not_found "account not found: <id>".
    Result<management::AccountState> load(const management::AccountId& id);
    Result<Done> insert(const management::AccountState& account);

    // `before` is the state that `changes` were decided on.
    Result<Done> write(const management::AccountState& before, const management::ChangeSet& changes);
    Result<Done> write_events(const management::AccountId& account, const management::CommitId& commit,
                              management::WallTime at, const std::vector<management::AuditEvent>& events);

private:
    struct ChangeWriter;

    template <class T, class... More>
    Result<Done> load_into(management::AccountState& account, management::EntityKinds<T, More...>);
    template <class T>
    Result<management::Collection<T>> load_all(const management::AccountId& account);
    Result<management::Collection<management::PeerStatus>> load_statuses(const management::AccountId& account);
    template <class T, class... More>
    Result<Done> insert_all(const management::AccountState& account, management::EntityKinds<T, More...>);
    template <class T>
    Result<Done> put(const management::AccountId& account, const T& entity);
    Result<Done> put(const management::AccountId& account, const management::AccessToken& token);
    Result<Done> put(const management::AccountId& account, const management::SetupKey& key);
    Result<Done> put(const management::AccountId& account, const management::Peer& peer);
    Result<Done> put(const management::AccountId& account, const management::Group& group);  // without its members
    template <class T>
    Result<Done> put_record(const management::AccountId& account, const T& entity);
    Result<Done> put_members(const management::AccountId& account, const management::Members& change);

    Database& database_;
    const records::Records& records_;
};

}  // namespace rookery::adapters::sqlite
