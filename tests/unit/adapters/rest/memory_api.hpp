// management::Api on the pure core alone: one account at most, every answer at once.
#pragma once

#include <map>
#include <random>
#include <utility>

#include "actors/management/api.hpp"
#include "actors/management/change_set.hpp"
#include "actors/management/secrets.hpp"
#include "adapters/crypto/crypto.hpp"

namespace rookery::adapters::rest::test {

namespace management = rookery::management;

class MemoryApi final : public management::Api {
public:
    explicit MemoryApi(const core::Crypto& crypto) : crypto_(crypto) {}

    void execute(const management::AccountId& account, management::Request request,
                 management::Reply<management::Committed> reply) override {
        if (broken) return reply(tl::unexpected(*broken));
        if (!state || state->id != account) return reply(no_account(account));
        last_initiator = request.initiator.user;
        auto decision = management::decide(*state, request.command, request.initiator, now,
                                           [this](std::uint64_t bound) { return random_() % bound; });
        if (!decision) return reply(tl::unexpected(decision.error()));
        management::CommitId id{};
        crypto_.random(id.data(), id.size());
        auto changes =
            std::make_shared<const management::ChangeSet>(management::commit(*state, std::move(*decision), id, now));
        state = std::make_shared<const management::AccountState>(management::apply(*state, *changes));
        reply(management::Committed{state, changes});
    }
    void snapshot(const management::AccountId& account, management::Reply<management::Snapshot> reply) override {
        if (broken) return reply(tl::unexpected(*broken));
        if (!state || state->id != account) return reply(no_account(account));
        reply(state);
    }
    void authenticate(std::string token, management::Reply<management::Identity> reply) override {
        if (broken) return reply(tl::unexpected(*broken));
        const auto hash = management::hash_access_token(token, crypto_);
        if (state && management::well_formed_access_token(token))
            for (const auto& [id, known] : state->tokens)
                if (known->hash == hash && known->expires_at > now)
                    return reply(management::Identity{state->id, known->user, id});
        reply(core::fail(core::ErrorKind::unauthorized, "token invalid"));
    }
    void find_peer(const management::PublicKey& key,
                   management::Reply<std::optional<management::PeerLocation>> reply) override {
        if (broken) return reply(tl::unexpected(*broken));
        if (state)
            for (const auto& [id, peer] : state->peers)
                if (peer->key == key) return reply(std::optional(management::PeerLocation{state->id, id}));
        reply(std::optional<management::PeerLocation>{});
    }
    void find_setup_key(const std::string& hash,
                        management::Reply<std::optional<management::AccountId>> reply) override {
        if (broken) return reply(tl::unexpected(*broken));
        if (state)
            for (const auto& [id, key] : state->setup_keys)
                if (key->hash == hash) return reply(std::optional(state->id));
        reply(std::optional<management::AccountId>{});
    }
    void accounts(management::Reply<std::vector<management::AccountId>> reply) override {
        if (broken) return reply(tl::unexpected(*broken));
        std::vector<management::AccountId> out;
        if (state && !hide_account) out.push_back(state->id);
        reply(std::move(out));
    }
    void create_account(management::NewAccount account, management::Reply<management::Snapshot> reply) override {
        if (broken) return reply(tl::unexpected(*broken));
        if (state) return reply(core::fail(core::ErrorKind::already_exists, "there is an account"));
        state = std::make_shared<const management::AccountState>(management::make_account(account, now));
        reply(state);
    }

    // Test set-up that no command covers.
    template <class F>
    void edit(F change) {
        auto copy = *state;
        change(copy);
        state = std::make_shared<const management::AccountState>(std::move(copy));
    }

    management::Snapshot state;
    core::WallTime now{std::chrono::seconds(1'750'000'000)};
    std::optional<core::Error> broken;  // what every call answers
    bool hide_account = false;          // another replica creates one at this moment
    management::UserId last_initiator;

private:
    static tl::unexpected<core::Error> no_account(const management::AccountId& id) {
        return core::fail(core::ErrorKind::not_found, "account not found: " + id);
    }

    const core::Crypto& crypto_;
    std::mt19937_64 random_{1};
};

}  // namespace rookery::adapters::rest::test
