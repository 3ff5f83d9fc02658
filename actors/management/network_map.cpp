#include "actors/management/network_map.hpp"

#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/agent_version.hpp"
#include "actors/management/known_peers.hpp"
#include "actors/management/posture.hpp"
#include "actors/management/route_map.hpp"
#include "actors/management/ssh_access.hpp"
#include "actors/management/wire_pieces.hpp"

namespace rookery::management {
namespace {

namespace wire = ::management;
using namespace wire_pieces;

bool at_least_or_development(const std::string& version, const VersionNumber& minimum) {
    return is_development_version(version) || meets_version(version, minimum);
}

wire::PeerConfig peer_config(const AccountState& account, const Peer& peer, const PeerMeta& meta, const Rules& rules,
                             bool ssh_enabled) {
    wire::PeerConfig config;
    config.set_address(core::to_string(peer.ip) + '/' + std::to_string(account.network.net.length));
    config.mutable_sshconfig()->set_sshenabled(ssh_enabled);
    config.set_fqdn(fqdn(peer.dns_label, dns_domain(account, rules)));
    config.set_routingpeerdnsresolutionenabled(account.settings.routing_peer_dns_resolution_enabled);
    config.set_lazyconnectionenabled(account.settings.lazy_connection_enabled);
    config.mutable_autoupdate()->set_version(account.settings.auto_update_version);
    config.mutable_autoupdate()->set_alwaysupdate(account.settings.auto_update_always);
    if (peer.ipv6 && supports_ipv6(meta) && account.network.net_v6)
        config.set_address_v6(compact(*peer.ipv6, account.network.net_v6->length));
    return config;
}

// In a source group of an enabled rule.
bool is_source(const AccountState& account, const Policy& policy, const Peer& peer) {
    return std::any_of(policy.rules.begin(), policy.rules.end(), [&](const PolicyRule& rule) {
        return rule.enabled && std::any_of(rule.sources.begin(), rule.sources.end(), [&](const Id& id) {
                   const auto* group = account.groups.find(id);
                   return group && group->peers.contains(peer.id);
               });
    });
}

// The parts of one peer's map.
class MapBuilder {
public:
    MapBuilder(const CompiledAccount& account, const CompiledPeer& self, WallTime now)
        : account_(account),
          self_(self),
          peer_(*self.peer),
          known_(known_peers(account, self.slot)),
          ipv6_(peer_.ipv6 && supports_ipv6(peer_.meta)),
          exact_(supports_source_prefixes(peer_.meta)),
          knows_ranges_(at_least_or_development(peer_.meta.agent_version, {0, 48, 0})),
          legacy_ssh_(peer_.ssh_enabled && peer_.meta.flags.server_ssh_allowed &&
                      at_least_or_development(peer_.meta.agent_version, {0, 60, 0})),
          ssh_(account, peer_) {
        (known_.acl & account.expiring).for_each([&](Slot slot) {
            if (login_expired(*account.state, *account.peers[slot].peer, now)) offline_.insert(slot);
        });
        online_ = known_.acl - offline_;
        remote_ = online_ | (known_.routed - offline_);
        remote_.erase(self.slot);
    }

    EncodedMap build() {
        std::string map;
        append_number(map, wire::NetworkMap::kSerialFieldNumber, account_.state->serial);
        if (account_.approved.contains(self_.slot))
            add_everything(map);
        else
            add_nothing(map);
        const auto config =
            peer_config(*account_.state, peer_, peer_.meta, account_.rules, peer_.ssh_enabled || ssh_.enabled())
                .SerializeAsString();
        append_field(map, wire::NetworkMap::kPeerConfigFieldNumber, config);

        EncodedMap out;
        out.objects = objects_;
        out.bytes.reserve(map.size() + config.size() + 1024);
        append_field(out.bytes, wire::SyncResponse::kPeerConfigFieldNumber, config);
        append_flag(out.bytes, wire::SyncResponse::kRemotePeersIsEmptyFieldNumber, remote_.empty());
        append_field(out.bytes, wire::SyncResponse::kNetworkMapFieldNumber, map);
        if (!at_least_or_development(peer_.meta.agent_version, {0, 29, 3}))
            add_peers(out.bytes, wire::SyncResponse::kRemotePeersFieldNumber, remote_);
        add_checks(out.bytes);
        wire::SyncResponse session;
        auto* deadline = session.mutable_sessionexpiresat();
        if (const auto at = login_deadline(*account_.state, peer_)) {
            const auto seconds = std::chrono::floor<std::chrono::seconds>(*at);
            deadline->set_seconds(seconds.time_since_epoch().count());
            deadline->set_nanos(static_cast<std::int32_t>((*at - seconds).count()));
        }
        session.AppendToString(&out.bytes);
        return out;
    }

private:
    // A peer that waits for its approval.
    void add_nothing(std::string& map) {
        remote_ = {};
        append_flag(map, wire::NetworkMap::kRemotePeersIsEmptyFieldNumber, true);
        append_flag(map, wire::NetworkMap::kFirewallRulesIsEmptyFieldNumber, true);
        append_flag(map, wire::NetworkMap::kRoutesFirewallRulesIsEmptyFieldNumber, true);
        std::string dns;
        append_number(dns, wire::DNSConfig::kForwarderPortFieldNumber,
                      static_cast<std::uint64_t>(account_.forwarder_port));
        append_field(map, wire::NetworkMap::kDNSConfigFieldNumber, dns);
    }

    void add_everything(std::string& map) {
        const auto rules_at = map.size();
        add_rules(map);
        append_flag(map, wire::NetworkMap::kFirewallRulesIsEmptyFieldNumber, map.size() == rules_at);
        add_peers(map, wire::NetworkMap::kRemotePeersFieldNumber, remote_);
        add_peers(map, wire::NetworkMap::kOfflinePeersFieldNumber, offline_);
        append_flag(map, wire::NetworkMap::kRemotePeersIsEmptyFieldNumber, remote_.empty());
        const auto routes = route_map(account_, self_, known_, online_, ipv6_);
        map += routes.routes;
        map += routes.rules;
        append_flag(map, wire::NetworkMap::kRoutesFirewallRulesIsEmptyFieldNumber, routes.rules.empty());
        append_field(map, wire::NetworkMap::kDNSConfigFieldNumber, dns());
        append_field(map, wire::NetworkMap::kSshAuthFieldNumber, ssh_.message().SerializeAsString());
        objects_ += remote_.size() + offline_.size() + routes.objects;
    }

    void add_rules(std::string& map) {
        struct Emitted {
            PeerSet in, out;
        };
        std::map<std::string_view, Emitted> emitted;
        for (const auto& [id, policy] : account_.policies)
            for (const auto& compiled : policy->rules) {
                const bool is_source = compiled.sources.contains(self_.slot);
                const bool is_destination = compiled.destinations.contains(self_.slot);
                if (!is_source && !is_destination) continue;
                const auto& rule = policy->rule(compiled);
                PeerSet in, out;
                if (is_source) out |= compiled.destinations;
                if (is_source && rule.bidirectional) in |= compiled.destinations;
                if (is_destination) in |= compiled.sources;
                if (is_destination && rule.bidirectional) out |= compiled.sources;
                auto& before = emitted[compiled.key];
                before.in.insert(self_.slot);  // no rules towards itself
                before.out.insert(self_.slot);
                const bool with_ssh_port = rule.protocol == "netbird-ssh" || (rule.protocol == "tcp" && legacy_ssh_);
                for (const auto& tail : compiled.tails[knows_ranges_][with_ssh_port]) {
                    add_rules(map, in - before.in, tail);
                    add_rules(map, out - before.out, out_direction() + tail);
                }
                before.in |= in;
                before.out |= out;
                if (is_destination) ssh_.add(rule);
            }
    }

    static const std::string& out_direction() {
        static const auto field = [] {
            std::string out;
            append_number(out, wire::FirewallRule::kDirectionFieldNumber, wire::OUT);
            return out;
        }();
        return field;
    }

    void add_rules(std::string& map, const PeerSet& peers, const std::string& tail) {
        constexpr int field = wire::NetworkMap::kFirewallRulesFieldNumber;
        peers.for_each([&](Slot slot) {
            const auto& pieces = account_.peers[slot].pieces;
            append_message(map, field, exact_ ? pieces.exact_v4 : pieces.rule_v4, tail);
            ++objects_;
            if (!ipv6_ || pieces.rule_v6.empty()) return;
            append_message(map, field, exact_ ? pieces.exact_v6 : pieces.rule_v6, tail);
            ++objects_;
        });
    }

    void add_peers(std::string& out, int field, const PeerSet& peers) const {
        peers.for_each([&](Slot slot) {
            const auto& pieces = account_.peers[slot].pieces;
            append_field(out, field, ipv6_ && !pieces.remote_v6.empty() ? pieces.remote_v6 : pieces.remote);
        });
    }

    std::string dns() const {
        std::string out;
        append_number(out, wire::DNSConfig::kForwarderPortFieldNumber,
                      static_cast<std::uint64_t>(account_.forwarder_port));
        if (account_.without_dns.contains(self_.slot)) return out;
        append_flag(out, wire::DNSConfig::kServiceEnableFieldNumber, true);
        for (const auto& [id, group] : account_.name_servers)
            if (group->readers.contains(self_.slot) && !serves_names(*group->entity)) out += group->piece;
        add_peers_zone(out);
        for (const auto& [id, zone] : account_.zones)
            if (zone->readers.contains(self_.slot)) out += zone->piece;
        return out;
    }

    // The peer is one of the name servers.
    bool serves_names(const NameServerGroup& group) const {
        const auto ip = core::to_string(peer_.ip);
        return std::any_of(group.servers.begin(), group.servers.end(),
                           [&](const NameServer& server) { return server.ip == ip; });
    }

    void add_peers_zone(std::string& out) const {
        std::string records;
        known_.named.for_each([&](Slot slot) {
            const auto& pieces = account_.peers[slot].pieces;
            records += pieces.records_a;
            if (ipv6_ && account_.with_aaaa.contains(slot)) records += pieces.records_aaaa;
        });
        if (records.empty()) return;
        std::string domain;
        append_field(domain, wire::CustomZone::kDomainFieldNumber, account_.domain() + '.');
        append_message(out, wire::DNSConfig::kCustomZonesFieldNumber, domain, records);
    }

    void add_checks(std::string& out) const {
        if (!account_.approved.contains(self_.slot)) return;
        std::set<std::string_view> sent;
        for (const auto& [id, policy] : account_.policies) {
            if (!policy->checked.contains(self_.slot)) continue;
            for (const auto& check_id : policy->policy->source_posture_checks) {
                const auto* check = account_.checks.find(check_id);
                if (check && !check->files.empty() && sent.insert(check_id).second)
                    append_field(out, wire::SyncResponse::kChecksFieldNumber, check->files);
            }
        }
    }

    const CompiledAccount& account_;
    const CompiledPeer& self_;
    const Peer& peer_;
    const KnownPeers known_;
    const bool ipv6_;
    const bool exact_;         // gets source prefixes in rules
    const bool knows_ranges_;  // of ports
    const bool legacy_ssh_;    // NetBird's SSH port is opened together with port 22
    SshAccess ssh_;
    PeerSet online_, offline_, remote_;
    std::size_t objects_ = 0;
};

}  // namespace

wire::PeerConfig login_peer_config(const AccountState& account, const Peer& peer, const PeerMeta& meta,
                                   const Rules& rules) {
    return peer_config(account, peer, meta, rules, peer.ssh_enabled || ssh_enabled_by_policy(account, peer));
}

std::vector<wire::Checks> login_checks(const AccountState& account, const Peer& peer) {
    std::vector<wire::Checks> out;
    std::set<Id> done;
    for (const auto& [id, policy] : account.policies) {
        if (!policy->enabled || policy->source_posture_checks.empty() || !is_source(account, *policy, peer)) continue;
        for (const auto& check_id : policy->source_posture_checks) {
            const auto* check = account.posture_checks.find(check_id);
            if (!check || !done.insert(check_id).second) continue;
            auto files = posture_files(*check);
            if (files.files_size() > 0) out.push_back(std::move(files));
        }
    }
    return out;
}

EncodedMap sync_response(const CompiledAccount& account, const CompiledPeer& peer, WallTime now) {
    return MapBuilder(account, peer, now).build();
}

EncodedMap farewell(const CompiledAccount& account) {
    wire::SyncResponse response;
    response.set_remotepeersisempty(true);
    auto* map = response.mutable_networkmap();
    map->set_serial(account.state->serial);
    map->set_remotepeersisempty(true);
    map->set_firewallrulesisempty(true);
    map->mutable_dnsconfig()->set_forwarderport(account.forwarder_port);
    return {response.SerializeAsString(), 0};
}

std::set<PeerId> accessible_peers(const CompiledAccount& account, const CompiledPeer& peer) {
    std::set<PeerId> out;
    if (!account.approved.contains(peer.slot)) return out;
    const auto known = known_peers(account, peer.slot);
    auto peers = known.acl | known.routed;
    peers.erase(peer.slot);
    peers.for_each([&](Slot slot) { out.insert(account.peers[slot].peer->id); });
    return out;
}

}  // namespace rookery::management
