// What the edges (agents' gRPC service, REST, control socket) may ask of Management. Plain C++: answers come
// through replies, on any thread. Implemented by the management actors; tests implement it in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actors/core/reply.hpp"
#include "actors/management/store.hpp"

namespace rookery::management {

using core::Done;
using core::Reply;

// An authenticated REST caller.
struct Identity {
    AccountId account;
    UserId user;
    Id token;  // empty if not by access token
};

struct Committed {
    Snapshot state;                            // after the change (and possibly after later ones)
    std::shared_ptr<const ChangeSet> changes;  // empty changes: the command had nothing to do
};

class Api {
public:
    virtual ~Api() = default;

    // Decides and stores a command; answered after the commit.
    virtual void execute(const AccountId& account, Request request, Reply<Committed> reply) = 0;
    // A state that holds every change committed before the call, on whatever replica (linearizable).
    virtual void snapshot(const AccountId& account, Reply<Snapshot> reply) = 0;

    // rest-api §3.3 steps 1–9: unauthorized "token invalid" for a bad, unknown or expired token.
    virtual void authenticate(std::string token, Reply<Identity> reply) = 0;

    // Absence is proven, never guessed.
    virtual void find_peer(const PublicKey& key, Reply<std::optional<PeerLocation>> reply) = 0;
    virtual void find_setup_key(const std::string& hash, Reply<std::optional<AccountId>> reply) = 0;
    virtual void accounts(Reply<std::vector<AccountId>> reply) = 0;
    // Creates the first account; already_exists when there is one.
    virtual void create_account(NewAccount account, Reply<Snapshot> reply) = 0;
};

}  // namespace rookery::management
