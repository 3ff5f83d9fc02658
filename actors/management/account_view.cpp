#include "actors/management/account_view.hpp"

#include <algorithm>
#include <iterator>

#include "actors/management/agent_version.hpp"

namespace rookery::management {
namespace {

bool by_id(const Peer* a, const Peer* b) {
    return a->id < b->id;
}

// The only group that counts in `groups`, if there is one such.
const Group* sole_group(const AccountState& account, const std::vector<Id>& groups) {
    for (const auto& id : groups) {
        const auto* group = account.groups.find(id);
        if (group && (is_all(*group) || groups.size() == 1)) return group;
    }
    return nullptr;
}

PeerList peers_of(const AccountState& account, const Group& group) {
    PeerList out;
    out.reserve(group.peers.size());
    if (group.peers.size() == account.peers.size()) {
        // Most often All: walking both in order spares a search per peer.
        auto entry = account.peers.begin();
        for (const auto& id : group.peers) {
            while (entry != account.peers.end() && entry->first < id) ++entry;
            if (entry != account.peers.end() && entry->first == id) out.push_back(entry->second.get());
        }
        return out;
    }
    for (const auto& id : group.peers)
        if (const auto* peer = account.peers.find(id)) out.push_back(peer);
    return out;
}

}  // namespace

const Group* all_group(const AccountState& account) {
    for (const auto& [id, group] : account.groups)
        if (is_all(*group)) return group.get();
    return nullptr;
}

const std::string& dns_domain(const AccountState& account, const Rules& rules) {
    return account.settings.dns_domain.empty() ? rules.default_dns_domain : account.settings.dns_domain;
}

std::string fqdn(std::string_view label, std::string_view domain) {
    if (label.empty()) return {};
    std::string out(label);
    out += '.';
    out += domain;
    return out;
}

std::string compact(core::Ipv4 ip) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(ip.value >> shift);
    out += static_cast<char>(32);
    return out;
}

std::string compact(const core::Ipv6& ip, int length) {
    std::string out(ip.bytes.begin(), ip.bytes.end());
    out += static_cast<char>(length);
    return out;
}

PeerList merged(const PeerList& a, const PeerList& b) {
    if (a.empty()) return b;
    if (b.empty()) return a;
    PeerList out;
    out.reserve(a.size() + b.size());
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out), by_id);
    return out;
}

PeerList members(const AccountState& account, const std::vector<Id>& groups) {
    if (const auto* group = sole_group(account, groups)) return peers_of(account, *group);
    PeerList out;
    for (const auto& id : groups)
        if (const auto* group = account.groups.find(id)) out = merged(out, peers_of(account, *group));
    return out;
}

bool is_member(const AccountState& account, const std::vector<Id>& groups, const PeerId& peer) {
    if (const auto* group = sole_group(account, groups)) return group->peers.contains(peer);
    return std::any_of(groups.begin(), groups.end(), [&](const Id& id) {
        const auto* group = account.groups.find(id);
        return group && group->peers.contains(peer);
    });
}

bool in_ipv6_group(const AccountState& account, const PeerId& peer) {
    const auto& groups = account.settings.ipv6_enabled_groups;
    return std::any_of(groups.begin(), groups.end(), [&](const Id& id) {
        const auto* group = account.groups.find(id);
        return group && group->peers.contains(peer);
    });
}

std::optional<WallTime> login_deadline(const AccountState& account, const Peer& peer) {
    if (!account.settings.peer_login_expiration_enabled || peer.user.empty() || !peer.login_expiration_enabled)
        return std::nullopt;
    return peer.last_login + std::chrono::seconds(account.settings.peer_login_expiration);
}

bool login_expired(const AccountState& account, const Peer& peer, WallTime now) {
    const auto deadline = login_deadline(account, peer);
    return deadline && *deadline <= now;
}

int forwarder_port(const AccountState& account) {
    constexpr int new_port = 22054, old_port = 5353;
    // Asked for every map, answered from all peers: each thread remembers the answer for the peers it asked about
    // last. It keeps that one index alive, so that "the same index" cannot be a later one at the same address.
    struct Memory {
        Collection<Peer> peers;
        int port = old_port;
    };
    thread_local Memory memory;
    if (memory.peers.shares_with(account.peers)) return memory.port;
    const auto knows_new_port = [](const auto& entry) {
        const auto& version = entry.second->meta.agent_version;
        return is_development_version(version) || meets_release(version, {0, 59, 0});
    };
    const bool all_new =
        account.peers.size() > 0 && std::all_of(account.peers.begin(), account.peers.end(), knows_new_port);
    memory = {account.peers, all_new ? new_port : old_port};
    return memory.port;
}

PeerList acl_peers(const AccountState& account, const Peer& peer) {
    PeerList out;
    for (const auto& [id, policy] : account.policies) {
        if (!policy->enabled) continue;
        for (const auto& rule : policy->rules) {
            if (!rule.enabled) continue;
            if (is_member(account, rule.sources, peer.id)) out = merged(out, members(account, rule.destinations));
            if (is_member(account, rule.destinations, peer.id)) out = merged(out, members(account, rule.sources));
        }
    }
    std::erase_if(out, [&](const Peer* p) { return p->id == peer.id; });
    return out;
}

}  // namespace rookery::management
