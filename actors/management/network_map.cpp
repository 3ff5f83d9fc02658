#include "actors/management/network_map.hpp"

#include <map>
#include <tuple>

#include "actors/management/account_view.hpp"
#include "actors/management/agent_version.hpp"
#include "actors/management/blake2b.hpp"
#include "actors/management/ssh_access.hpp"

namespace rookery::management {
namespace {

namespace wire = ::management;

constexpr int dns_type_a = 1, dns_type_aaaa = 28, dns_ttl = 300;

// Address bytes and one byte of prefix length.
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

wire::RuleProtocol protocol_of(const std::string& protocol) {
    if (protocol == "tcp" || protocol == "netbird-ssh") return wire::TCP;
    if (protocol == "udp") return wire::UDP;
    if (protocol == "icmp") return wire::ICMP;
    return wire::ALL;
}

// Rules that agents cannot tell apart, and the peers they open a way to or from.
using RuleKey = std::tuple<Id, wire::RuleProtocol, wire::RuleAction>;
struct Traffic {
    PeerList in, out;
};

// What is true of the whole map of one peer.
class MapBuilder {
public:
    MapBuilder(const AccountState& account, const Peer& self, WallTime now, const Rules& rules, wire::NetworkMap& map)
        : account_(account),
          self_(self),
          now_(now),
          domain_(dns_domain(account, rules)),
          ipv6_(supports_ipv6(self.meta) && self.ipv6),
          source_prefixes_(supports_source_prefixes(self.meta)),
          map_(map) {}

    void build() {
        collect_traffic();
        for (const auto& [key, traffic] : traffic_) {
            add_rules(key, traffic.in, wire::IN);
            add_rules(key, traffic.out, wire::OUT);
        }
        for (const auto* peer : visible_) add_remote_peer(*peer);
        map_.set_remotepeersisempty(map_.remotepeers().empty());
        map_.set_firewallrulesisempty(map_.firewallrules().empty());
        map_.set_routesfirewallrulesisempty(true);
        add_dns();
        add_ssh();
    }

private:
    void collect_traffic() {
        for (const auto& [id, policy] : account_.policies) {
            if (!policy->enabled) continue;
            for (const auto& rule : policy->rules)
                if (rule.enabled) collect_traffic(rule);
        }
        std::erase_if(visible_, [this](const Peer* p) { return p->id == self_.id; });
    }

    void collect_traffic(const PolicyRule& rule) {
        const bool is_source = is_member(account_, rule.sources, self_.id);
        const bool is_destination = is_member(account_, rule.destinations, self_.id);
        if (!is_source && !is_destination) return;
        auto& traffic =
            traffic_[{rule.id, protocol_of(rule.protocol), rule.action == "drop" ? wire::DROP : wire::ACCEPT}];
        const auto add = [this](PeerList& to, const PeerList& peers) { to = merged(to, peers); };
        if (is_source) {
            const auto destinations = members(account_, rule.destinations);
            add(traffic.out, destinations);
            if (rule.bidirectional) add(traffic.in, destinations);
            add(visible_, destinations);
        }
        if (is_destination) {
            const auto sources = members(account_, rule.sources);
            add(traffic.in, sources);
            if (rule.bidirectional) add(traffic.out, sources);
            add(visible_, sources);
        }
    }

    void add_rules(const RuleKey& key, const PeerList& peers, wire::RuleDirection direction) {
        for (const auto* peer : peers) {
            if (peer->id == self_.id) continue;
            add_rule(key, direction, core::to_string(peer->ip), [&] { return compact(peer->ip); });
            if (ipv6_ && peer->ipv6)
                add_rule(key, direction, core::to_string(*peer->ipv6), [&] { return compact(*peer->ipv6, 128); });
        }
    }

    template <class Prefix>
    void add_rule(const RuleKey& key, wire::RuleDirection direction, std::string ip, Prefix prefix) {
        const auto& [id, protocol, action] = key;
        auto* rule = map_.add_firewallrules();
        rule->set_peerip(std::move(ip));
        rule->set_direction(direction);
        rule->set_action(action);
        rule->set_protocol(protocol);
        // Present and zero: any port.
        if (protocol == wire::TCP || protocol == wire::UDP) rule->mutable_portinfo()->mutable_range();
        rule->set_policyid(id);
        if (source_prefixes_) rule->add_sourceprefixes(prefix());
    }

    void add_remote_peer(const Peer& peer) {
        auto* remote = login_expired(account_, peer, now_) ? map_.add_offlinepeers() : map_.add_remotepeers();
        remote->set_wgpubkey(peer.key);
        remote->add_allowedips(core::to_string(peer.ip) + "/32");
        if (ipv6_ && peer.ipv6) remote->add_allowedips(core::to_string(*peer.ipv6) + "/128");
        remote->mutable_sshconfig()->set_sshpubkey(peer.ssh_key);
        remote->set_fqdn(fqdn(peer.dns_label, domain_));
        remote->set_agentversion(peer.meta.agent_version);
    }

    void add_dns() {
        auto* dns = map_.mutable_dnsconfig();
        dns->set_serviceenable(true);
        dns->set_forwarderport(forwarder_port(account_));
        wire::CustomZone zone;
        zone.set_domain(domain_ + '.');
        add_records(self_, zone);
        for (const auto* peer : visible_) add_records(*peer, zone);
        if (!zone.records().empty()) *dns->add_customzones() = std::move(zone);
    }

    void add_records(const Peer& peer, wire::CustomZone& zone) {
        const bool aaaa = ipv6_ && peer.ipv6 && supports_ipv6(peer.meta) && in_ipv6_group(account_, peer.id);
        const auto add = [&](std::string_view label) {
            if (label.empty()) return;
            add_record(zone, label, dns_type_a, core::to_string(peer.ip));
            if (aaaa) add_record(zone, label, dns_type_aaaa, core::to_string(*peer.ipv6));
        };
        add(peer.dns_label);
        for (const auto& label : peer.extra_dns_labels) add(label);
    }

    void add_record(wire::CustomZone& zone, std::string_view label, int type, std::string data) {
        auto* record = zone.add_records();
        record->set_name(fqdn(label, domain_));
        record->set_type(type);
        record->set_class_("IN");
        record->set_ttl(dns_ttl);
        record->set_rdata(std::move(data));
    }

    void add_ssh() {
        auto* auth = map_.mutable_sshauth();
        auth->set_useridclaim("sub");
        if (!ssh_open_to_users(account_, self_)) return;
        const auto users = ssh_users(account_);
        if (users.empty()) return;
        auto& everybody = (*auth->mutable_machine_users())["*"];
        for (const auto& user : users) {
            everybody.add_indexes(static_cast<std::uint32_t>(auth->authorizedusers_size()));
            auth->add_authorizedusers(blake2b_128(user));
        }
    }

    const AccountState& account_;
    const Peer& self_;
    const WallTime now_;
    const std::string& domain_;
    const bool ipv6_;
    const bool source_prefixes_;
    wire::NetworkMap& map_;

    std::map<RuleKey, Traffic> traffic_;
    PeerList visible_;
};

void set_timestamp(google::protobuf::Timestamp& out, WallTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    out.set_seconds(seconds.time_since_epoch().count());
    out.set_nanos(static_cast<std::int32_t>((time - seconds).count()));
}

}  // namespace

wire::PeerConfig peer_config(const AccountState& account, const Peer& peer, const PeerMeta& meta, const Rules& rules) {
    wire::PeerConfig config;
    config.set_address(core::to_string(peer.ip) + '/' + std::to_string(account.network.net.length));
    config.mutable_sshconfig()->set_sshenabled(peer.ssh_enabled || ssh_enabled_by_policy(account, peer));
    config.set_fqdn(fqdn(peer.dns_label, dns_domain(account, rules)));
    config.set_routingpeerdnsresolutionenabled(account.settings.routing_peer_dns_resolution_enabled);
    config.set_lazyconnectionenabled(account.settings.lazy_connection_enabled);
    config.mutable_autoupdate()->set_version(account.settings.auto_update_version);
    config.mutable_autoupdate()->set_alwaysupdate(account.settings.auto_update_always);
    if (peer.ipv6 && supports_ipv6(meta) && account.network.net_v6)
        config.set_address_v6(compact(*peer.ipv6, account.network.net_v6->length));
    return config;
}

wire::NetworkMap network_map(const AccountState& account, const Peer& peer, WallTime now, const Rules& rules) {
    wire::NetworkMap map;
    map.set_serial(account.serial);
    *map.mutable_peerconfig() = peer_config(account, peer, peer.meta, rules);
    MapBuilder(account, peer, now, rules, map).build();
    return map;
}

wire::SyncResponse sync_response(const AccountState& account, const Peer& peer, WallTime now, const Rules& rules) {
    wire::SyncResponse response;
    auto& map = *response.mutable_networkmap();
    map = network_map(account, peer, now, rules);
    *response.mutable_peerconfig() = map.peerconfig();
    response.set_remotepeersisempty(map.remotepeersisempty());
    const auto& version = peer.meta.agent_version;
    if (!is_development_version(version) && !meets_version(version, {0, 29, 3}))
        *response.mutable_remotepeers() = map.remotepeers();
    auto* session = response.mutable_sessionexpiresat();
    if (const auto deadline = login_deadline(account, peer)) set_timestamp(*session, *deadline);
    return response;
}

wire::SyncResponse farewell(const AccountState& account) {
    wire::SyncResponse response;
    response.set_remotepeersisempty(true);
    auto* map = response.mutable_networkmap();
    map->set_serial(account.serial);
    map->set_remotepeersisempty(true);
    map->set_firewallrulesisempty(true);
    map->mutable_dnsconfig()->set_forwarderport(forwarder_port(account));
    return response;
}

}  // namespace rookery::management
