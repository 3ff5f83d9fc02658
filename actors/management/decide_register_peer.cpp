#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/address_allocation.hpp"
#include "actors/management/audit.hpp"
#include "actors/management/decisions.hpp"
#include "actors/management/dns_label.hpp"

namespace rookery::management {
namespace {

using core::Done;
using core::ErrorKind;
using core::fail;

constexpr std::size_t max_extra_labels = 32;
constexpr int label_attempts = 10;  // each with an address, and so a suffix, of its own

const SetupKey* find_by_hash(const AccountState& account, const std::string& hash) {
    for (const auto& [id, key] : account.setup_keys)
        if (key->hash == hash) return key.get();
    return nullptr;
}

bool usable(const SetupKey& key, WallTime now) {
    if (key.revoked) return false;
    if (key.expires_at != core::never && now > key.expires_at) return false;
    return key.usage_limit <= 0 || key.used_times < key.usage_limit;
}

bool has_peer_with_key(const AccountState& account, const PublicKey& key) {
    return std::any_of(account.peers.begin(), account.peers.end(),
                       [&](const auto& entry) { return entry.second->key == key; });
}

Result<Done> check_extra_labels(const std::vector<std::string>& labels, const SetupKey& key) {
    if (labels.empty()) return Done{};
    if (!key.allow_extra_dns_labels)
        return fail(ErrorKind::precondition_failed, "couldn't add peer: setup key doesn't allow extra DNS labels");
    if (labels.size() > max_extra_labels)
        return fail(ErrorKind::invalid_argument, "couldn't add peer: at most 32 extra DNS labels are possible");
    for (const auto& label : labels)
        if (!is_extra_dns_label(label))
            return fail(ErrorKind::invalid_argument, "couldn't add peer: invalid extra DNS label " + label);
    return Done{};
}

// All, and the key's groups that still exist.
std::vector<Id> groups_to_join(const AccountState& account, const SetupKey& key) {
    std::vector<Id> groups;
    for (const auto& [id, group] : account.groups)
        if (is_all(*group) || std::count(key.auto_groups.begin(), key.auto_groups.end(), id)) groups.push_back(id);
    return groups;
}

bool gets_ipv6(const AccountState& account, const std::vector<Id>& groups) {
    const auto& enabled = account.settings.ipv6_enabled_groups;
    return account.network.net_v6 && std::any_of(groups.begin(), groups.end(), [&](const Id& id) {
               return std::count(enabled.begin(), enabled.end(), id) > 0;
           });
}

// Sets ip and dns_label.
Result<Done> place(const Case& c, Peer& peer, const std::string& label) {
    for (int attempt = 0; attempt < label_attempts; ++attempt) {
        const auto ip = allocate_ipv4(c.account, c.random);
        if (!ip) return tl::unexpected(ip.error());
        peer.ip = *ip;
        peer.dns_label = free_dns_label(c.account, peer, label);
        if (!peer.dns_label.empty()) return Done{};
    }
    return fail(ErrorKind::internal, "couldn't add peer: no free DNS label for host name " + peer.meta.hostname);
}

}  // namespace

std::string free_dns_label(const AccountState& account, const Peer& peer, const std::string& plain) {
    const auto suffixed = dns_label_with_suffix(plain, peer.ip);
    bool plain_taken = peer.ephemeral;  // ephemeral peers always carry the suffix
    bool suffixed_taken = false;
    for (const auto& [id, other] : account.peers) {
        if (id == peer.id) continue;
        plain_taken |= other->dns_label == plain;
        suffixed_taken |= other->dns_label == suffixed;
    }
    if (!plain_taken) return plain;
    return suffixed_taken ? std::string() : suffixed;
}

Result<Decision> decide_on(const Case& c, const RegisterPeer& command) {
    // Before the setup key: an agent that lost the answer to its first attempt is told so even if that attempt used
    // the key up.
    if (has_peer_with_key(c.account, command.key))
        return fail(ErrorKind::precondition_failed, "peer has been already registered");
    const auto* key = find_by_hash(c.account, command.setup_key_hash);
    if (!key || !usable(*key, c.now)) return fail(ErrorKind::not_found, "couldn't add peer: setup key is invalid");
    if (auto labels = check_extra_labels(command.extra_dns_labels, *key); !labels)
        return tl::unexpected(labels.error());
    const auto label = dns_label(command.meta.hostname, max_registered_label);
    if (label.empty())
        return fail(ErrorKind::invalid_argument,
                    "couldn't add peer: host name \"" + command.meta.hostname + "\" makes no DNS label");

    Peer peer;
    peer.id = command.id;
    peer.key = command.key;
    peer.name = command.meta.hostname;
    peer.extra_dns_labels = command.extra_dns_labels;
    peer.allow_extra_dns_labels = key->allow_extra_dns_labels;
    peer.ssh_key = command.ssh_key;
    peer.ephemeral = key->ephemeral;
    peer.requires_approval = c.account.settings.extra.peer_approval_enabled;
    peer.last_login = peer.created_at = c.now;
    peer.meta = command.meta;
    if (auto placed = place(c, peer, label); !placed) return tl::unexpected(placed.error());
    const auto groups = groups_to_join(c.account, *key);
    if (gets_ipv6(c.account, groups)) {
        const auto ipv6 = allocate_ipv6(c.account, c.random);
        if (!ipv6) return tl::unexpected(ipv6.error());
        peer.ipv6 = *ipv6;
    }

    auto used = *key;
    ++used.used_times;
    used.last_used = c.now;

    Decision decision;
    auto meta = peer_event_meta(c.account, peer, c.rules);
    meta.emplace("setup_key_name", key->name);
    if (peer.requires_approval) meta.emplace("pending_approval", "true");
    decision.events.push_back({activity::peer_added_with_setup_key, key->id, peer.id, std::move(meta)});
    decision.changes.push_back(put(std::move(peer)));
    for (const auto& group : groups) decision.changes.push_back(Members{group, {command.id}, {}});
    decision.changes.push_back(put(std::move(used)));
    decision.raises_serial = true;
    return decision;
}

}  // namespace rookery::management
