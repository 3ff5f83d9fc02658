// A small account and short ways to change it.
#pragma once

#include <array>
#include <random>

#include "actors/management/change_set.hpp"
#include "actors/management/commands.hpp"
#include "actors/management/network_map.hpp"

namespace rookery::management::testing {

inline constexpr WallTime start{std::chrono::seconds(1'800'000'000)};

inline NewAccount new_account() {
    NewAccount a;
    a.id = "acc";
    a.owner = "u-owner";
    a.owner_name = "Olga";
    a.owner_email = "olga@example.com";
    a.network_id = "net";
    a.all_group_id = "g-all";
    a.default_policy_id = "pol-default";
    a.net = *core::parse_prefix4("100.90.0.0/16");
    a.net_v6 = *core::parse_prefix6("fd12:3456:789a:1::/64");
    return a;
}

// Applies commands in order, as a store does.
class Account {
public:
    explicit Account(AccountState state = make_account(new_account(), start), std::uint64_t seed = 1)
        : state_(std::move(state)), engine_(seed) {}

    Result<ChangeSet> execute(const Command& command, Initiator initiator = {"u-owner"}) {
        auto decision = decide(state_, command, initiator, now, random(), rules);
        if (!decision) return tl::unexpected(decision.error());
        auto changes = commit(state_, std::move(*decision), commit_id(), now);
        state_ = apply(state_, changes);
        return changes;
    }
    // A change that no command makes.
    ChangeSet change(std::vector<Change> changes) {
        auto set = commit(state_, Decision{std::move(changes), {}, true}, commit_id(), now);
        state_ = apply(state_, set);
        return set;
    }

    void add_setup_key(const Id& id, SetupKey key = {}) {
        key.id = key.name = id;
        key.hash = "hash-" + id;
        key.masked = "MASK1****";
        state_.setup_keys = state_.setup_keys.with(id, std::make_shared<const SetupKey>(key));
    }
    void add_group(const Id& id, std::set<PeerId> peers = {}) {
        state_.groups =
            state_.groups.with(id, std::make_shared<const Group>(Group{id, id, "api", std::move(peers), {}}));
    }

    Random random() {
        return [this](std::uint64_t bound) { return engine_() % bound; };
    }
    CommitId commit_id() {
        CommitId id;
        for (auto& b : id) b = static_cast<std::uint8_t>(engine_());
        return id;
    }

    // Prepared from the last one that was asked for.
    View view() { return view_ = compile(std::make_shared<const AccountState>(state_), rules, view_); }
    ::management::SyncResponse sync(const PeerId& id) {
        view();
        ::management::SyncResponse message;
        if (!message.ParseFromString(sync_response(*view_, *view_->find(id), now).bytes)) throw std::runtime_error(id);
        return message;
    }

    const AccountState& operator*() const { return state_; }
    const AccountState* operator->() const { return &state_; }
    AccountState& mutable_state() { return state_; }
    const Peer& peer(const PeerId& id) const { return *state_.peers.find(id); }

    WallTime now = start;
    Rules rules;

private:
    AccountState state_;
    View view_;
    std::mt19937_64 engine_;
};

inline RegisterPeer registration(const PeerId& id, const std::string& key = "k", std::string hostname = {}) {
    RegisterPeer command;
    command.id = id;
    command.key = "key-of-" + id;
    command.setup_key_hash = "hash-" + key;
    command.meta.hostname = hostname.empty() ? id : std::move(hostname);
    command.meta.go_os = "linux";
    command.meta.agent_version = "0.77.1";
    command.meta.capabilities = {1};
    return command;
}

// The stored fields of a peer as a PUT that changes nothing.
inline UpdatePeer update_of(const Peer& peer) {
    UpdatePeer command;
    command.id = peer.id;
    command.name = peer.name;
    command.ssh_enabled = peer.ssh_enabled;
    command.login_expiration_enabled = peer.login_expiration_enabled;
    command.inactivity_expiration_enabled = peer.inactivity_expiration_enabled;
    return command;
}

}  // namespace rookery::management::testing
