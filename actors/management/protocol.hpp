// Every typed actor interface of Management.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/core/protocol.hpp"
#include "actors/management/api.hpp"
#include "actors/management/sync_stream.hpp"

namespace rookery::management {

// ---- storage: the one actor that calls the store; detached, as the store blocks -------------------------------
struct ListAccounts {
    Reply<std::vector<AccountId>> reply;
};
struct CreateAccount {
    std::shared_ptr<const AccountState> account;
    Reply<Snapshot> reply;
};
struct LoadAccount {
    AccountId id;
    Reply<Snapshot> reply;
};
struct FindPeer {
    PublicKey key;
    Reply<std::optional<PeerLocation>> reply;
};
struct FindSetupKey {
    std::string hash;
    Reply<std::optional<AccountId>> reply;
};
struct FindToken {
    std::string hash;
    Reply<std::optional<TokenOwner>> reply;
};
struct Transact {  // one transaction of one account
    Snapshot known;
    std::vector<Request> requests;
    Reply<Transaction> reply;
};
struct WriteStatuses {
    AccountId account;
    std::vector<PeerStatus> statuses;
    Reply<Done> reply;
};
struct TouchToken {  // last use; lost ones do no harm
    AccountId account;
    Id token;
    WallTime used;
};
struct CheckStore {};  // its own timer, while the store does not work

// ---- account: one actor per account that is in use ------------------------------------------------------------
struct Execute {  // decide, store, tell the affected peers, answer
    Request request;
    Reply<Committed> reply;
};
struct GetSnapshot {
    Reply<Snapshot> reply;
};
// The storage's answers, sent by the account actor to itself.
struct Loaded {
    std::shared_ptr<const Result<Snapshot>> result;
};
struct Transacted {
    std::shared_ptr<Result<Transaction>> result;
};
struct StatusesWritten {
    std::shared_ptr<const Result<Done>> result;
};
struct WriteStatusesAgain {};  // its own timer, after they could not be written
// A Sync stream of a peer wants every state that changes its map, and the present one at once. Answered by
// stream->changed(), or stream->removed() if the peer is gone. Marks the peer connected.
struct Attach {
    PeerId peer;
    std::shared_ptr<SyncStream> stream;
    core::RegistrationNumber session;  // fences the connected mark: the newest stream's counts
    std::string remote_address;
};
// The stream ended. Marks the peer disconnected unless a newer stream holds the mark.
struct Detach {
    PeerId peer;
    std::shared_ptr<SyncStream> stream;
    core::RegistrationNumber session;
};

// ---- accounts: finds or starts the actor of an account --------------------------------------------------------
struct ForAccount {  // exactly one of the messages is set
    AccountId account;
    std::optional<Execute> execute;
    std::optional<GetSnapshot> snapshot;
    std::optional<Attach> attach;
    std::optional<Detach> detach;
};

// ---- sync stream: one per open Sync call ----------------------------------------------------------------------
struct StreamClosed {};  // the transport is done with it
struct WriteNext {};     // something is pending and no write under way: compute and send it

// ---- renewal: one per node; relay tokens of open streams ------------------------------------------------------
struct RenewCredentials {  // from now on, at ¾ of the tokens' life, as long as the stream is open
    std::weak_ptr<SyncStream> stream;
};
struct RenewalDue {};  // its own timer

}  // namespace rookery::management

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::ListAccounts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::CreateAccount)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::LoadAccount)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::FindPeer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::FindSetupKey)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::FindToken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::Transact)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::WriteStatuses)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::TouchToken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::CheckStore)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::Execute)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::GetSnapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::Loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::Transacted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::StatusesWritten)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::WriteStatusesAgain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::Attach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::Detach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::ForAccount)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::StreamClosed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::WriteNext)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::RenewCredentials)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::management::RenewalDue)

namespace rookery::management {

using StorageHandle =
    core::Interface<caf::reacts_to<ListAccounts>, caf::reacts_to<CreateAccount>, caf::reacts_to<LoadAccount>,
                    caf::reacts_to<FindPeer>, caf::reacts_to<FindSetupKey>, caf::reacts_to<FindToken>,
                    caf::reacts_to<Transact>, caf::reacts_to<WriteStatuses>, caf::reacts_to<TouchToken>,
                    caf::reacts_to<CheckStore>>;

using AccountHandle = core::Interface<caf::reacts_to<Execute>, caf::reacts_to<GetSnapshot>, caf::reacts_to<Attach>,
                                      caf::reacts_to<Detach>, caf::reacts_to<Loaded>, caf::reacts_to<Transacted>,
                                      caf::reacts_to<StatusesWritten>, caf::reacts_to<WriteStatusesAgain>>;

using AccountsHandle = core::Interface<caf::reacts_to<ForAccount>>;

using SyncHandle = core::Interface<caf::reacts_to<StreamClosed>, caf::reacts_to<WriteNext>>;

using RenewalHandle = core::Interface<caf::reacts_to<RenewCredentials>, caf::reacts_to<RenewalDue>>;

}  // namespace rookery::management
