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
#include "actors/management/commands/account.hpp"
#include "actors/management/commands/dns.hpp"
#include "actors/management/commands/networks.hpp"
#include "actors/management/commands/peers.hpp"
#include "actors/management/commands/policies.hpp"
#include "actors/management/model.hpp"

namespace rookery::management {

using core::Result;

// Who asks: the audit trail's initiator. System is the node itself or its local operator.
struct Initiator {
    UserId user = "sys";
};

using Command = std::variant<
    // peers
    RegisterPeer, LoginPeer, UpdatePeerMeta, UpdatePeer, DeletePeer, CreateSetupKey, UpdateSetupKey, DeleteSetupKey,
    CreateGroup, UpdateGroup, DeleteGroup,
    // policies
    CreatePolicy, UpdatePolicy, DeletePolicy, CreatePostureCheck, UpdatePostureCheck, DeletePostureCheck,
    // networks
    CreateRoute, UpdateRoute, DeleteRoute, CreateNetwork, UpdateNetwork, DeleteNetwork, CreateNetworkResource,
    UpdateNetworkResource, DeleteNetworkResource, CreateNetworkRouter, UpdateNetworkRouter, DeleteNetworkRouter,
    // DNS
    CreateNameServerGroup, UpdateNameServerGroup, DeleteNameServerGroup, UpdateDnsSettings, CreateZone, UpdateZone,
    DeleteZone, CreateZoneRecord, UpdateZoneRecord, DeleteZoneRecord,
    // the account
    UpdateSettings, CreateUser, UpdateUser, DeleteUser, ApproveUser, RejectUser, CreateAccessToken, DeleteAccessToken>;

// One entity after (put) or without (remove) the change.
template <class T>
struct Put {
    std::shared_ptr<const T> value;
};
template <class T>
struct Remove {
    Id id;
};
// A value of which an account has one.
template <class T>
struct Set {
    std::shared_ptr<const T> value;
};
// Peers that enter or leave a group. Instead of Put<Group>, whose size is that of the group: a registration in a
// large account must cost what it changes. Peers that enter are in the account already (Put<Peer> comes first).
struct Members {
    Id group;
    std::vector<PeerId> added, removed;
};

template <class... Entities>
struct EntityKinds {
    template <class... More>
    using ChangeOf = std::variant<Put<Entities>..., Remove<Entities>..., More...>;
};
// Everything that changes through ChangeSets; peer statuses do not.
using Entities = EntityKinds<User, AccessToken, SetupKey, Peer, Group, Policy, PostureCheck, Route, Network,
                             NetworkResource, NetworkRouter, NameServerGroup, Zone>;
using Change = Entities::ChangeOf<Members, Set<OverlayNetwork>, Set<Settings>, Set<DnsSettings>, Set<Onboarding>>;

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
