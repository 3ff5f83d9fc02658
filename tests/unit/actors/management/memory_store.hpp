// A store in memory for tests of the actors: accounts as states, nothing on disk. It can be taken away.
#pragma once

#include <map>

#include "actors/management/store.hpp"

namespace rookery::management::testing {

class MemoryStore final : public Store {
public:
    bool away = false;           // every call fails, as when a database is gone
    bool statuses_fail = false;  // only those

    Result<std::vector<AccountId>> accounts() override {
        if (away) return gone();
        std::vector<AccountId> ids;
        for (const auto& [id, state] : accounts_) ids.push_back(id);
        return ids;
    }
    Result<Snapshot> create_account(const AccountState& account) override {
        if (away) return gone();
        if (!accounts_.empty()) return core::fail(core::ErrorKind::already_exists, "there is an account");
        return accounts_[account.id] = std::make_shared<const AccountState>(account);
    }
    Result<Snapshot> load_account(const AccountId& id) override {
        if (away) return gone();
        const auto it = accounts_.find(id);
        if (it == accounts_.end()) return core::fail(core::ErrorKind::not_found, "account not found: " + id);
        return it->second;
    }
    Result<std::optional<PeerLocation>> find_peer(const PublicKey& key) override {
        if (away) return gone();
        for (const auto& [id, state] : accounts_)
            for (const auto& [peer_id, peer] : state->peers)
                if (peer->key == key) return PeerLocation{id, peer_id};
        return std::nullopt;
    }
    Result<std::optional<AccountId>> find_setup_key(const std::string& hash) override {
        if (away) return gone();
        for (const auto& [id, state] : accounts_)
            for (const auto& [key_id, key] : state->setup_keys)
                if (key->hash == hash) return id;
        return std::nullopt;
    }
    Result<std::optional<TokenOwner>> find_token(const std::string& hash) override {
        if (away) return gone();
        for (const auto& [id, state] : accounts_)
            for (const auto& [token_id, token] : state->tokens)
                if (token->hash == hash) return TokenOwner{id, token_id, token->user};
        return std::nullopt;
    }
    Result<Transaction> transact(const Snapshot& known, const std::vector<Request>& requests,
                                 const Decider& decide) override {
        if (away) return gone();
        ++transactions;
        Transaction t{known, {}};
        for (const auto& request : requests) {
            auto changes = decide(*t.state, request);
            if (!changes) {
                t.results.push_back(tl::unexpected(changes.error()));
                continue;
            }
            t.state = std::make_shared<const AccountState>(apply(*t.state, *changes));
            t.results.push_back(std::make_shared<const ChangeSet>(std::move(*changes)));
        }
        accounts_[known->id] = t.state;
        return t;
    }
    Result<std::vector<ChangeSet>> changes_after(const AccountId&, const CommitId&) override {
        return std::vector<ChangeSet>{};
    }
    Result<core::Done> write_statuses(const AccountId& id, const std::vector<PeerStatus>& statuses) override {
        if (away || statuses_fail) return gone();
        auto next = *accounts_.at(id);
        for (const auto& s : statuses) next.statuses = next.statuses.with(s.peer, std::make_shared<PeerStatus>(s));
        accounts_[id] = std::make_shared<const AccountState>(std::move(next));
        return core::Done{};
    }
    Result<core::Done> touch_token(const AccountId&, const Id&, WallTime) override { return core::Done{}; }
    Result<std::string> keep_secret(const std::string&, const std::string& fresh) override { return fresh; }

    Result<core::Done> check() override {
        ++checks;
        if (away) return gone();
        return core::Done{};
    }

    int transactions = 0;
    int checks = 0;

private:
    static tl::unexpected<core::Error> gone() { return core::fail(core::ErrorKind::unavailable, "the store is away"); }
    std::map<AccountId, Snapshot> accounts_;
};

}  // namespace rookery::management::testing
