// Questions about one state of an account that several rules ask. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/management/commands.hpp"
#include "actors/management/model.hpp"

namespace rookery::management {

inline bool is_all(const Group& group) {
    return group.name == "All";
}

const Group* all_group(const AccountState& account);  // nullptr: damaged account

// The suffix of every peer's name, without dots at its ends.
const std::string& dns_domain(const AccountState& account, const Rules& rules);

std::string fqdn(std::string_view label, std::string_view domain);  // empty without a label

// As agents get addresses: their bytes and one byte of prefix length.
std::string compact(core::Ipv4 ip);
std::string compact(const core::Ipv6& ip, int length);

// Peers in the order of their ids, each once.
using PeerList = std::vector<const Peer*>;

PeerList merged(const PeerList& a, const PeerList& b);

// network-map §4.2: a list that names All, or one group only, is exactly that group; otherwise the union. Unknown
// groups and peers are skipped.
PeerList members(const AccountState& account, const std::vector<Id>& groups);
bool is_member(const AccountState& account, const std::vector<Id>& groups, const PeerId& peer);

// In a group that owns IPv6 overlay addresses (settings.ipv6_enabled_groups).
bool in_ipv6_group(const AccountState& account, const PeerId& peer);

inline bool supports_source_prefixes(const PeerMeta& meta) {
    return meta.capabilities.contains(1);
}
inline bool supports_ipv6(const PeerMeta& meta) {
    return !meta.flags.disable_ipv6 && meta.capabilities.contains(2);
}

// The end of an SSO peer's login, if it ends (§10.1).
std::optional<WallTime> login_deadline(const AccountState& account, const Peer& peer);
bool login_expired(const AccountState& account, const Peer& peer, WallTime now);

// 22054 if every agent of the account knows it, else 5353 (§5.8.5).
int forwarder_port(const AccountState& account);

// Peers that `peer` shares an enabled rule with, whatever its direction (§5.1); without itself. Symmetric.
PeerList acl_peers(const AccountState& account, const Peer& peer);

}  // namespace rookery::management
