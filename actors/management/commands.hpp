// What can be asked of an account, and the pure function that decides it. A command carries everything that is
// random or secret (ids, hashes) ready-made, so that deciding it again gives the same answer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/core/error.hpp"
#include "actors/management/model.hpp"

namespace rookery::management {

using core::Result;

// Who asks: the audit trail's initiator. System is the node itself or its local operator.
struct Initiator {
    UserId user = "sys";
};

// management-grpc §C.3, §H: a new peer by setup key. Errors are exactly those that §C.3 maps to gRPC:
// not_found "couldn't add peer: setup key is invalid", precondition_failed "couldn't add peer: setup key
// doesn't allow extra DNS labels", precondition_failed "peer has been already registered", internal …
struct RegisterPeer {
    PeerId id;  // new
    PublicKey key;
    std::string setup_key_hash;
    std::string ssh_key;
    std::vector<std::string> extra_dns_labels;
    PeerMeta meta;
};

// A known peer logged in again: keeps a changed SSH key; refuses extra labels it may not have (§C.3).
struct LoginPeer {
    PeerId id;
    std::string ssh_key;
    std::vector<std::string> extra_dns_labels;
};

// Meta of a Sync or SyncMeta (§E): no change where nothing differs; raises the serial only when other peers'
// maps change (agent version, host name, IPv6 capability …) or `announce` (SyncMeta).
struct UpdatePeerMeta {
    PeerId id;
    PeerMeta meta;
    bool announce = false;
};

// rest-api §6.5 PUT /peers/{id}, with its errors.
struct UpdatePeer {
    PeerId id;
    std::string name;
    bool ssh_enabled = false;
    bool login_expiration_enabled = false;
    bool inactivity_expiration_enabled = false;
    std::optional<std::string> ip;  // as given, validated here
    std::optional<std::string> ipv6;
};

struct DeletePeer {
    PeerId id;
};

// rest-api §6.7 POST /setup-keys.
struct CreateSetupKey {
    Id id;             // new
    std::string hash;  // of the plain key, which the caller shows once
    std::string masked;
    std::string name;
    std::string type;             // "reusable" | "one-off"
    std::int64_t expires_in = 0;  // seconds, 0: never
    std::vector<Id> auto_groups;
    std::int64_t usage_limit = 0;
    bool ephemeral = false;
    bool allow_extra_dns_labels = false;
};

struct UpdateSetupKey {
    Id id;
    bool revoked = false;
    std::optional<std::vector<Id>> auto_groups;  // absent: refused, as the API does
};

struct DeleteSetupKey {
    Id id;
};

struct CreateAccessToken {
    Id id;  // new
    UserId user;
    std::string name;
    std::string hash;
    std::int64_t expires_in_days = 30;  // 1–365
};

using Command = std::variant<RegisterPeer, LoginPeer, UpdatePeerMeta, UpdatePeer, DeletePeer, CreateSetupKey,
                             UpdateSetupKey, DeleteSetupKey, CreateAccessToken>;

// One entity after (put) or without (remove) the change.
template <class T>
struct Put {
    std::shared_ptr<const T> value;
};
template <class T>
struct Remove {
    Id id;
};
// Peers that enter or leave a group. Instead of Put<Group>, whose size is that of the group: a registration in a
// large account must cost what it changes. Peers that enter are in the account already (Put<Peer> comes first).
struct Members {
    Id group;
    std::vector<PeerId> added, removed;
};
using Change = std::variant<Put<User>, Put<AccessToken>, Remove<AccessToken>, Put<SetupKey>, Remove<SetupKey>,
                            Put<Peer>, Remove<Peer>, Put<Group>, Members, Put<Policy>, Remove<Policy>>;

struct AuditEvent {
    int activity = 0;  // rest-api §8
    UserId initiator;
    std::string target;
    std::map<std::string, std::string> meta;
    friend bool operator==(const AuditEvent&, const AuditEvent&) = default;
};

// What a decided command changes. Numbering (serial, commit ids) is added by commit(), see change_set.hpp.
struct Decision {
    std::vector<Change> changes;
    std::vector<AuditEvent> events;
    bool raises_serial = false;  // maps of peers change
    bool empty() const { return changes.empty() && events.empty(); }
};

// Uniform in [0, bound); the only randomness decide() uses (addresses). Seeded in tests.
using Random = std::function<std::uint64_t(std::uint64_t bound)>;

// What the rules need to know beyond the account. Cluster-wide.
struct Rules {
    std::string default_dns_domain = "netbird.selfhosted";
};

// Pure. Decides `command` on `state`; an error changes nothing.
Result<Decision> decide(const AccountState& state, const Command& command, const Initiator& initiator, WallTime now,
                        const Random& random, const Rules& rules = {});

// A new account (network-map §2.1, rest-api §6.1): owner, group All, policy Default, network.
struct NewAccount {
    AccountId id;
    UserId owner;
    std::string owner_name;
    std::string owner_email;
    Id network_id, all_group_id, default_policy_id;  // new xids
    core::Prefix4 net;                               // random /16 of 100.64.0.0/10
    core::Prefix6 net_v6;                            // random fd…/64
};
AccountState make_account(const NewAccount& account, WallTime now);

}  // namespace rookery::management
