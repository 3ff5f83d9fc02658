// An account prepared for computing maps: every peer has a slot, groups and the sides of rules are sets of slots,
// and what many maps share is encoded once. Immutable; versions share their parts, so that preparing the next one
// costs what changed. Built from states alone: whatever led from one to the other, the result is that of preparing
// the state from nothing, except for the numbers of the slots.
// Sources: network-map §4–§6.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "actors/management/commands.hpp"
#include "actors/management/compiled_peer.hpp"

namespace rookery::management {

struct CompiledGroup {
    std::shared_ptr<const Group> group;
    PeerSet members;  // that exist
};

struct CompiledCheck {
    std::shared_ptr<const PostureCheck> check;
    PeerSet failing;
    std::string files;  // the Checks message for agents; empty: it asks for none
};

struct CompiledRule {
    Slot index = 0;                 // of the rule in its policy
    std::string key;                // rules of one key open one and the same way: agents cannot tell them apart (§5.1)
    PeerSet sources, destinations;  // approved, and sources fulfil the posture checks (§4.2)
    PeerSet source_groups;          // plain union of the groups, approved and fulfilling the checks (§5.4)
    std::optional<Slot> source_peer;  // named instead of groups; approved and fulfilling the checks

    // Fields of FirewallRule after the peer and the direction, one text per port. Receivers differ: older ones know
    // no port ranges, and some get NetBird's SSH port besides port 22.
    std::vector<std::string> tails[2][2];  // [knows ranges][with SSH port]
    // Fields of RouteFirewallRule that do not depend on the route, one text per port.
    std::vector<std::string> route_tails;
};

struct CompiledPolicy {
    std::shared_ptr<const Policy> policy;
    std::vector<CompiledRule> rules;  // the enabled ones; none if the policy is not enabled
    PeerSet clients;  // approved peers that fulfil the checks, of the sources of all rules taken together (§4.4)
    PeerSet named;    // plain union of the source groups of all rules, and source peers (§5.7)
    PeerSet checked;  // in the source groups of an enabled rule: gets the checks' files

    const PolicyRule& rule(const CompiledRule& r) const { return policy->rules[r.index]; }
};
using PolicyPtr = std::shared_ptr<const CompiledPolicy>;

// What a route and a network resource have in common on the wire.
struct Destination {
    std::string network;               // text of the prefix; of domains: a placeholder
    std::vector<std::string> domains;  // punycode
    bool ipv6 = false;
    bool dynamic() const { return !domains.empty(); }
    bool everything() const { return network == "0.0.0.0/0"; }
    friend bool operator==(const Destination&, const Destination&) = default;
};

struct CompiledRoute {
    std::shared_ptr<const Route> route;
    Destination destination;
    std::string alternatives;       // routes with the same text stand for each other
    PeerSet in_peer_groups;         // routing peers by group
    std::optional<Slot> peer;       // routing peer by name
    PeerSet routing;                // both
    PeerSet consumers;              // in a distribution group
    std::vector<PolicyPtr> access;  // policies that name an access-control group, once per rule that does
    std::string tail;               // fields of Route besides ID and peer
};

struct CompiledResource {
    std::shared_ptr<const NetworkResource> resource;
    Destination destination;
    std::map<Slot, std::shared_ptr<const NetworkRouter>> routers;
    PeerSet routing;                  // the same as a set
    std::vector<PolicyPtr> policies;  // that reach it, once per rule that does
    PeerSet clients;                  // of all of them
};

// Something that every peer of some groups is told.
template <class T>
struct CompiledNotice {
    std::shared_ptr<const T> entity;
    PeerSet readers;
    std::string piece;  // field of DNSConfig; empty: nobody is told
};

// Who can be let in over SSH (§5.6).
struct SshUsers {
    std::vector<UserId> ids;
    std::map<Id, std::vector<std::size_t>> by_group;  // indexes of the above by auto group
    friend bool operator==(const SshUsers&, const SshUsers&) = default;
};

struct CompiledAccount {
    Snapshot state;
    Rules rules;

    PeerTable peers;
    Collection<CompiledPeer> peers_by_id;
    std::vector<Slot> free_slots;
    Slot slots = 0;  // used and free ones

    PeerSet approved;        // the validated ones (§3.2)
    PeerSet expiring;        // whose login can end
    PeerSet ipv6_capable;    // have an IPv6 address and can use it
    PeerSet old_forwarders;  // agents that do not know the new forwarder port (§5.8.5)
    PeerSet with_aaaa;       // whose IPv6 address stands in DNS
    PeerSet without_dns;
    int forwarder_port = 0;

    Collection<CompiledGroup> groups;
    Collection<CompiledCheck> checks;
    Collection<CompiledPolicy> policies;
    Collection<CompiledRoute> routes;
    Collection<CompiledResource> resources;
    Collection<CompiledNotice<NameServerGroup>> name_servers;
    Collection<CompiledNotice<Zone>> zones;

    std::shared_ptr<const SshUsers> ssh_users;

    const std::string& domain() const;
    const CompiledPeer* find(const PeerId& id) const { return peers_by_id.find(id); }

    // A list that names All, or one group only, is exactly that group; otherwise the union (§4.2).
    PeerSet members(const std::vector<Id>& groups) const;
    PeerSet any_member(const std::vector<Id>& groups) const;  // plain union
};

using View = std::shared_ptr<const CompiledAccount>;

// `before`: an earlier state of the same account, or nullptr.
View compile(Snapshot state, const Rules& rules, const View& before);

}  // namespace rookery::management
