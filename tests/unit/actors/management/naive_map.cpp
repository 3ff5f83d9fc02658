#include "naive_map.hpp"

#include "naive_routes.hpp"

namespace rookery::management::testing {

namespace naive {
namespace {

class NaiveMap : NaiveRoutes {
public:
    using NaiveRoutes::NaiveRoutes;

    Json response() {
        Json map = Json::object();
        if (t_.requires_approval) {
            map = {{"remotePeersIsEmpty", true}, {"firewallRulesIsEmpty", true}, {"routesFirewallRulesIsEmpty", true}};
            map["DNSConfig"] = {{"ForwarderPort", forwarder_port()}};
            return wrapped(map, false);
        }
        select();
        peer_rules();
        routes();
        resources();
        map["DNSConfig"] = dns();
        map["sshAuth"] = ssh();
        add(map, "FirewallRules", firewall_);
        if (firewall_.empty()) map["firewallRulesIsEmpty"] = true;
        add(map, "Routes", routes_);
        add(map, "routesFirewallRules", route_rules_);
        if (route_rules_.empty()) map["routesFirewallRulesIsEmpty"] = true;
        std::vector<Json> remote, offline;
        for (const auto& id : acl_) (expired(id) ? offline : remote).push_back(remote_peer(id));
        for (const auto& id : extra_)
            if (id != T_ && !acl_.contains(id)) remote.push_back(remote_peer(id));
        add(map, "remotePeers", remote);
        add(map, "offlinePeers", offline);
        if (remote.empty()) map["remotePeersIsEmpty"] = true;
        return wrapped(map, true);
    }

private:
    // ---- §5.8 ----
    int forwarder_port() const {
        for (const auto& [id, peer] : a_.peers) {
            const auto& version = peer->meta.agent_version;
            const bool pre_release =
                version.find('-') != std::string::npos && numbers(version) == std::vector{0, 59, 0};
            if (!at_least(version, {0, 59, 0}) || pre_release) return 5353;
        }
        return a_.peers.empty() ? 5353 : 22054;
    }
    Json dns() const {
        Json out = {{"ForwarderPort", forwarder_port()}};
        if (in_any(T_, a_.dns_settings.disabled_management_groups)) return out;
        out["ServiceEnable"] = true;
        std::vector<Json> zones, servers;
        Json peers_zone = {{"Domain", domain_ + "."}};
        for (const auto& id : K_dns_) {
            const auto& p = *a_.peers.find(id);
            auto labels = p.extra_dns_labels;
            labels.push_back(p.dns_label);
            for (const auto& label : labels) {
                if (label.empty()) continue;
                Json record = {{"Name", label + "." + domain_}, {"Type", 1}, {"Class", "IN"}, {"TTL", 300}};
                record["RData"] = core::to_string(p.ip);
                peers_zone["Records"].push_back(record);
                if (!v6_ || !p.ipv6 || !supports6(p) || !in_any(id, a_.settings.ipv6_enabled_groups)) continue;
                record["Type"] = 28;
                record["RData"] = core::to_string(*p.ipv6);
                peers_zone["Records"].push_back(record);
            }
        }
        if (peers_zone.contains("Records")) zones.push_back(peers_zone);
        for (const auto& [id, zone] : a_.zones)
            if (zone->enabled && !zone->records.empty() && in_any(T_, zone->distribution_groups))
                zones.push_back(account_zone(*zone));
        for (const auto& [id, group] : a_.name_server_groups)
            if (group->enabled && in_any(T_, group->groups)) {
                Json entry = Json::object();
                bool own = false;
                for (const auto& server : group->servers) {
                    entry["NameServers"].push_back({{"IP", server.ip}, {"NSType", 1}, {"Port", server.port}});
                    own |= server.ip == core::to_string(t_.ip);
                }
                if (group->primary) entry["Primary"] = true;
                if (!group->domains.empty()) entry["Domains"] = group->domains;
                if (group->search_domains_enabled) entry["SearchDomainsEnabled"] = true;
                if (!own) servers.push_back(entry);
            }
        add(out, "CustomZones", zones);
        add(out, "NameServerGroups", servers);
        return out;
    }
    static Json account_zone(const Zone& zone) {
        Json out = {{"Domain", zone.domain + "."}, {"NonAuthoritative", true}};
        if (!zone.enable_search_domain) out["SearchDomainDisabled"] = true;
        for (const auto& r : zone.records) {
            Json record = {{"Name", r.name + "."}, {"Class", "IN"}};
            record["Type"] = r.type == "A" ? 1 : r.type == "AAAA" ? 28 : 5;
            if (r.ttl) record["TTL"] = r.ttl;
            record["RData"] = r.content + (r.type == "CNAME" ? "." : "");
            out["Records"].push_back(record);
        }
        return out;
    }

    // ---- §5.9, §6 ----
    Json remote_peer(const PeerId& id) const {
        const auto& p = *a_.peers.find(id);
        Json out = {{"wgPubKey", p.key}, {"sshConfig", Json::object()}};
        out["allowedIps"] = Json::array({core::to_string(p.ip) + "/32"});
        if (v6_ && p.ipv6) out["allowedIps"].push_back(core::to_string(*p.ipv6) + "/128");
        if (!p.ssh_key.empty()) out["sshConfig"]["sshPubKey"] = p.ssh_key;
        if (!p.dns_label.empty()) out["fqdn"] = p.dns_label + "." + domain_;
        if (!p.meta.agent_version.empty()) out["agentVersion"] = p.meta.agent_version;
        return out;
    }
    static void add(Json& to, const char* name, const std::vector<Json>& items) {
        if (!items.empty()) to[name] = items;
    }
    Json wrapped(const Json& map, bool with_checks) {
        const auto& s = a_.settings;
        Json config = {{"fqdn", t_.dns_label + "." + domain_}, {"sshConfig", Json::object()}};
        config["address"] = core::to_string(t_.ip) + "/" + std::to_string(a_.network.net.length);
        if (t_.ssh_enabled || ssh_) config["sshConfig"]["sshEnabled"] = true;
        if (s.routing_peer_dns_resolution_enabled) config["RoutingPeerDnsResolutionEnabled"] = true;
        if (s.lazy_connection_enabled) config["LazyConnectionEnabled"] = true;
        config["autoUpdate"] = Json::object();
        if (!s.auto_update_version.empty()) config["autoUpdate"]["version"] = s.auto_update_version;
        if (s.auto_update_always) config["autoUpdate"]["alwaysUpdate"] = true;
        if (v6_ && a_.network.net_v6)
            config["address_v6"] = core::to_string(*t_.ipv6) + "/" + std::to_string(a_.network.net_v6->length);
        Json out = {{"peerConfig", config}, {"NetworkMap", map}};
        if (map.contains("remotePeersIsEmpty")) out["remotePeersIsEmpty"] = true;
        if (map.contains("remotePeers") && !at_least(t_.meta.agent_version, {0, 29, 3}))
            out["remotePeers"] = map["remotePeers"];
        const bool ends = s.peer_login_expiration_enabled && !t_.user.empty() && t_.login_expiration_enabled;
        out["sessionExpiresAt"] = ends ? "«deadline»" : "none";
        if (with_checks) add(out, "Checks", checks());
        return normalised(std::move(out));
    }
    std::vector<Json> checks() const {
        IdsOnce wanted;
        for (const auto& r : rules_)
            if (in_any(T_, r.rule.sources))
                wanted.insert(r.policy.source_posture_checks.begin(), r.policy.source_posture_checks.end());
        std::vector<Json> out;
        for (const auto& id : wanted) {
            const auto* check = a_.posture_checks.find(id);
            if (!check || !check->processes) continue;
            Json files = Json::array();
            for (const auto& p : *check->processes)
                for (const auto& path : {p.linux_path, p.mac_path, p.windows_path})
                    if (!path.empty()) files.push_back(path);
            if (!files.empty()) out.push_back({{"Files", files}});
        }
        return out;
    }
};

}  // namespace
}  // namespace naive

std::string differences(const Json& ours, const Json& expected) {
    return Json::diff(ours, expected).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json naive_response(const AccountState& account, const Rules& rules, const PeerId& peer, WallTime now) {
    return naive::NaiveMap(account, rules, peer, now).response();
}

}  // namespace rookery::management::testing
