// Commands about peers, the keys they register with, and groups.
#pragma once

#include <optional>

#include "actors/management/model.hpp"

namespace rookery::management {

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
    std::optional<bool> approval_required;  // false: approves it
    std::optional<std::string> ip;          // as given, validated here
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

// rest-api §6.6. Peers that do not exist are dropped.
struct GroupFields {
    std::string name;
    std::vector<PeerId> peers;
    std::vector<ResourceRef> resources;
};
struct CreateGroup {
    Id id;  // new
    GroupFields fields;
};
struct UpdateGroup {
    Id id;
    GroupFields fields;
};
struct DeleteGroup {  // its refusals are bad_request with their case kept, but for the permission
    Id id;
};

}  // namespace rookery::management
