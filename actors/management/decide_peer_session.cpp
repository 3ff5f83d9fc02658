// What agents change about a known peer: LoginPeer and UpdatePeerMeta.
#include <algorithm>
#include <tuple>

#include "actors/management/account_view.hpp"
#include "actors/management/decisions.hpp"
#include "actors/management/posture.hpp"

namespace rookery::management {
namespace {

using core::ErrorKind;
using core::fail;

bool is_empty(const PeerMeta& meta) {
    for (const auto* text : {&meta.hostname, &meta.go_os, &meta.kernel, &meta.platform, &meta.os, &meta.os_version,
                             &meta.agent_version, &meta.ui_version, &meta.kernel_version, &meta.serial_number,
                             &meta.product_name, &meta.manufacturer, &meta.cloud, &meta.cloud_platform})
        if (!text->empty()) return false;
    return meta.network_addresses.empty() && meta.files.empty();
}

template <class T, class Less>
bool same_in_any_order(std::vector<T> a, std::vector<T> b, Less less) {
    std::sort(a.begin(), a.end(), less);
    std::sort(b.begin(), b.end(), less);
    return a == b;
}

bool same(const PeerMeta& a, const PeerMeta& b) {
    if (!same_in_any_order(a.network_addresses, b.network_addresses, [](const auto& x, const auto& y) {
            return std::tie(x.prefix, x.mac) < std::tie(y.prefix, y.mac);
        }))
        return false;
    if (!same_in_any_order(a.files, b.files, [](const auto& x, const auto& y) {
            return std::tie(x.path, x.exists, x.running) < std::tie(y.path, y.exists, y.running);
        }))
        return false;
    auto ordered = b;
    ordered.network_addresses = a.network_addresses;
    ordered.files = a.files;
    return a == ordered;
}

// A difference that reaches maps, or that other peers are told of all the same (management-grpc §E.3).
bool concerns_maps(const PeerMeta& a, const PeerMeta& b) {
    return a.flags.server_ssh_allowed != b.flags.server_ssh_allowed || a.agent_version != b.agent_version ||
           a.hostname != b.hostname || supports_ipv6(a) != supports_ipv6(b) ||
           supports_source_prefixes(a) != supports_source_prefixes(b);
}

bool changes_posture(const AccountState& account, const Peer& a, const Peer& b) {
    const auto* status = account.statuses.find(a.id);
    return std::any_of(account.posture_checks.begin(), account.posture_checks.end(), [&](const auto& entry) {
        return fulfils(a, status, *entry.second) != fulfils(b, status, *entry.second);
    });
}

}  // namespace

Result<Decision> decide_on(const Case& c, const LoginPeer& command) {
    const auto* peer = c.account.peers.find(command.id);
    if (!peer) return fail(ErrorKind::not_found, "peer not found: " + command.id);
    if (!command.extra_dns_labels.empty() && !peer->allow_extra_dns_labels)
        return fail(ErrorKind::precondition_failed, "couldn't login peer: setup key doesn't allow extra DNS labels");
    Decision decision;
    if (peer->ssh_key == command.ssh_key) return decision;
    auto changed = *peer;
    changed.ssh_key = command.ssh_key;
    decision.changes.push_back(put(std::move(changed)));
    decision.raises_serial = true;  // it stands in other peers' maps
    return decision;
}

Result<Decision> decide_on(const Case& c, const UpdatePeerMeta& command) {
    const auto* peer = c.account.peers.find(command.id);
    if (!peer) return fail(ErrorKind::not_found, "peer not found: " + command.id);
    Decision decision;
    if (is_empty(command.meta)) return decision;
    auto changed = *peer;
    changed.meta = command.meta;
    if (changed.meta.ui_version.empty()) changed.meta.ui_version = peer->meta.ui_version;
    if (same(peer->meta, changed.meta)) return decision;
    decision.raises_serial =
        command.announce || concerns_maps(peer->meta, changed.meta) || changes_posture(c.account, *peer, changed);
    decision.changes.push_back(put(std::move(changed)));
    return decision;
}

}  // namespace rookery::management
