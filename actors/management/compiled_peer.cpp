#include "actors/management/compiled_peer.hpp"

#include "actors/management/account_view.hpp"
#include "actors/management/wire_pieces.hpp"
#include "proto/management.pb.h"

namespace rookery::management {
namespace {

namespace wire = ::management;
using namespace wire_pieces;

constexpr int dns_type_a = 1, dns_type_aaaa = 28, dns_ttl = 300;

std::string field(int number, std::string_view content) {
    std::string out;
    append_field(out, number, content);
    return out;
}

std::string remote(const Peer& peer, const std::string& domain, bool ipv6) {
    wire::RemotePeerConfig config;
    config.set_wgpubkey(peer.key);
    config.add_allowedips(core::to_string(peer.ip) + "/32");
    if (ipv6 && peer.ipv6) config.add_allowedips(core::to_string(*peer.ipv6) + "/128");
    config.mutable_sshconfig()->set_sshpubkey(peer.ssh_key);
    config.set_fqdn(fqdn(peer.dns_label, domain));
    config.set_agentversion(peer.meta.agent_version);
    return config.SerializeAsString();
}

std::string records(const Peer& peer, const std::string& domain, int type, const std::string& data) {
    std::string out;
    const auto add = [&](const std::string& label) {
        if (label.empty()) return;
        wire::SimpleRecord record;
        record.set_name(fqdn(label, domain));
        record.set_type(type);
        record.set_class_("IN");
        record.set_ttl(dns_ttl);
        record.set_rdata(data);
        append_field(out, wire::CustomZone::kRecordsFieldNumber, record.SerializeAsString());
    };
    add(peer.dns_label);
    for (const auto& label : peer.extra_dns_labels) add(label);
    return out;
}

}  // namespace

std::shared_ptr<const CompiledPeer> compile_peer(std::shared_ptr<const Peer> peer, Slot slot,
                                                 const std::string& domain) {
    auto out = std::make_shared<CompiledPeer>();
    out->slot = slot;
    auto& pieces = out->pieces;
    const auto ip = core::to_string(peer->ip);
    pieces.remote = remote(*peer, domain, false);
    pieces.rule_v4 = field(wire::FirewallRule::kPeerIPFieldNumber, ip);
    pieces.exact_v4 = pieces.rule_v4 + field(wire::FirewallRule::kSourcePrefixesFieldNumber, compact(peer->ip));
    pieces.source_v4 = field(wire::RouteFirewallRule::kSourceRangesFieldNumber, ip + "/32");
    pieces.records_a = records(*peer, domain, dns_type_a, ip);
    pieces.route_peer = field(wire::Route::kPeerFieldNumber, peer->key);
    if (peer->ipv6) {
        const auto ipv6 = core::to_string(*peer->ipv6);
        pieces.remote_v6 = remote(*peer, domain, true);
        pieces.rule_v6 = field(wire::FirewallRule::kPeerIPFieldNumber, ipv6);
        pieces.exact_v6 =
            pieces.rule_v6 + field(wire::FirewallRule::kSourcePrefixesFieldNumber, compact(*peer->ipv6, 128));
        pieces.source_v6 = field(wire::RouteFirewallRule::kSourceRangesFieldNumber, ipv6 + "/128");
        pieces.records_aaaa = records(*peer, domain, dns_type_aaaa, ipv6);
    }
    out->peer = std::move(peer);
    return out;
}

}  // namespace rookery::management
