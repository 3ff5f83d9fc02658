// The naive rules, third part: routes and network resources (network-map §5.3–§5.5, §5.7).
#pragma once

#include "naive_rules.hpp"

namespace rookery::management::testing {

namespace naive {

class NaiveRoutes : protected NaiveRules {
protected:
    using NaiveRules::NaiveRules;

    // ---- §5.3, §5.4 ----
    struct Target {
        std::string network;
        std::vector<std::string> domains;
        bool six() const { return network.find(':') != std::string::npos; }
    };
    static Target target(const Route& r) {
        return r.domains.empty() ? Target{r.network, {}} : Target{"192.0.2.0/32", r.domains};
    }
    std::vector<std::string> route_ids(const Route& r, const PeerId& peer) const {
        std::vector<std::string> out;
        if (in_any(peer, r.peer_groups)) out.push_back(r.id + ":" + peer);
        if (r.peer == peer) out.push_back(r.id);
        return out;
    }
    static std::string alternatives(const Route& r) {
        std::string out = r.net_id + "|" + r.network;
        for (const auto& domain : r.domains) out += ", " + domain;
        return out;
    }
    void routes() {
        std::set<std::string> own;
        for (const auto* r : relevant_)
            if (routes_itself(*r, T_)) own.insert(alternatives(*r));
        for (const auto* r : relevant_) {
            if (!r->enabled) continue;
            for (const auto& id : route_ids(*r, T_)) {
                classic(id, *r, T_);
                classic_rules(id, *r);
            }
            if (own.contains(alternatives(*r)) || !in_any(T_, r->groups)) continue;
            for (const auto& peer : acl_)
                if (!expired(peer))
                    for (const auto& id : route_ids(*r, peer)) classic(id, *r, peer);
        }
    }
    void classic(const std::string& id, const Route& r, const PeerId& peer) {
        Json out = {{"ID", id}, {"NetID", r.net_id}, {"Metric", r.metric}};
        if (r.masquerade) out["Masquerade"] = true;
        if (r.keep_route) out["keepRoute"] = true;
        if (r.skip_auto_apply) out["skipAutoApply"] = true;
        add_route(out, target(r), peer);
    }
    void add_route(Json out, const Target& to, const PeerId& peer) {
        out["Peer"] = a_.peers.find(peer)->key;
        out["Network"] = to.network;
        out["NetworkType"] = !to.domains.empty() ? 3 : to.six() ? 2 : 1;
        if (!to.domains.empty()) out["Domains"] = to.domains;
        if (to.six() && !v6_) return;
        routes_.push_back(out);
        if (!v6_ || to.network != "0.0.0.0/0") return;
        out["ID"] = out["ID"].get<std::string>() + "-v6-default";
        out["NetID"] = out["NetID"].get<std::string>() + "-v6";
        out["Network"] = "::/0";
        out["NetworkType"] = 2;
        routes_.push_back(out);
    }
    static Json rule_base(const std::string& id, const Target& to) {
        Json out = {{"RouteID", id}, {"destination", to.network}};
        if (!to.domains.empty()) out["isDynamic"] = true;
        if (!to.domains.empty()) out["domains"] = to.domains;
        return out;
    }
    static Json twin(Json rule) {
        if (rule["destination"] != "0.0.0.0/0") return rule;
        rule["destination"] = "::/0";
        rule["RouteID"] = rule["RouteID"].get<std::string>() + "-v6-default";
        return rule;
    }
    void classic_rules(const std::string& id, const Route& r) {
        const auto to = target(r);
        auto base = rule_base(id, to);
        if (r.access_control_groups.empty()) {
            base["action"] = "ACCEPT";
            base["protocol"] = "ALL";
            base["portInfo"] = Json::object();
            const auto permit = [&](Json rule, const char* from) {
                rule["sourceRanges"] = Json::array({from});
                route_rules_.push_back(rule);
            };
            if (!to.six()) permit(base, "0.0.0.0/0");
            if (v6_ && (to.six() || !to.domains.empty() || to.network == "0.0.0.0/0")) permit(twin(base), "::/0");
            return;
        }
        for (const auto& group : r.access_control_groups)
            for (const auto& naming : rules_) {
                if (!has(naming.rule.destinations, group)) continue;
                for (const auto& each : rules_) {
                    if (&each.policy != &naming.policy) continue;
                    IdsOnce peers;
                    for (const auto& id_ : rule_peers(each))
                        if (in_any(id_, r.groups)) peers.insert(id_);
                    route_rule(each, peers, base, to);
                }
            }
    }
    IdsOnce rule_peers(const Rule& r) const {
        IdsOnce out;
        for (const auto& id : K_) {
            if (!approved(id) || fails(id, r.policy.source_posture_checks)) continue;
            if (names_peer(r.rule.source_resource) ? id == r.rule.source_resource->id
                                                   : id != T_ && in_any(id, r.rule.sources))
                out.insert(id);
        }
        return out;
    }
    void route_rule(const Rule& r, const IdsOnce& peers, Json base, const Target& to) {
        if (to.six() && !v6_) return;
        base["PolicyID"] = r.policy.id;
        base["action"] = r.rule.action == "drop" ? "DROP" : "ACCEPT";
        base["protocol"] = r.rule.protocol == "netbird-ssh" ? "TCP" : upper(r.rule.protocol);
        std::vector<std::string> four, six;
        for (const auto& id : peers) {
            const auto& p = *a_.peers.find(id);
            four.push_back(core::to_string(p.ip) + "/32");
            if (p.ipv6) six.push_back(core::to_string(*p.ipv6) + "/128");
        }
        std::vector<Json> infos;
        for (const auto& port : r.rule.ports) infos.push_back({{"port", std::stoi(port)}});
        if (infos.empty())
            for (const auto& x : r.rule.port_ranges) infos.push_back({{"range", range(x.start, x.end)}});
        if (infos.empty()) infos.push_back(Json::object());
        const auto each_port = [&](Json rule, const std::vector<std::string>& from) {
            std::vector<Json> done;
            for (const auto& info : infos) {
                rule["portInfo"] = info;
                if (!from.empty()) rule["sourceRanges"] = from;
                if (std::count(done.begin(), done.end(), rule)) continue;
                done.push_back(rule);
                route_rules_.push_back(rule);
            }
        };
        each_port(base, to.six() ? six : four);
        if (!to.six() && v6_ && !six.empty() && (!to.domains.empty() || to.network == "0.0.0.0/0"))
            each_port(twin(base), six);
    }

    // ---- §5.7 ----
    void resources() {
        for (const auto& [id, resource] : a_.network_resources) {
            const auto policies = policies_of(*resource);
            if (!resource->enabled || policies.empty()) continue;
            const auto R = routers(resource->network);
            const auto clients = clients_of(*resource);
            Target to{resource->address, {}};
            if (resource->type == ResourceType::domain) to = {"192.0.2.0/32", {resource->address}};
            if (!R.contains(T_)) {
                if (!clients.contains(T_)) continue;
                for (const auto& [peer, router] : R) {
                    if (!approved(peer)) continue;
                    through(*resource, to, peer, *router);
                    extra_.insert(peer);
                }
                continue;
            }
            through(*resource, to, T_, *R.at(T_));
            extra_.insert(clients.begin(), clients.end());
            for (const auto* policy : policies)
                for (const auto& r : rules_) {
                    if (&r.policy != policy) continue;
                    IdsOnce peers;
                    for (const auto& peer : rule_peers(r))
                        if (in_dist(*policy, peer)) peers.insert(peer);
                    if (!peers.empty()) route_rule(r, peers, rule_base(id + ":" + T_, to), to);
                }
        }
    }
    bool in_dist(const Policy& policy, const PeerId& peer) const {
        return std::any_of(policy.rules.begin(), policy.rules.end(), [&](const PolicyRule& rule) {
            return in_any(peer, rule.sources) || (names_peer(rule.source_resource) && rule.source_resource->id == peer);
        });
    }
    void through(const NetworkResource& resource, const Target& to, const PeerId& peer, const NetworkRouter& router) {
        Json out = {{"ID", resource.id + ":" + peer}, {"NetID", resource.name}, {"Metric", router.metric}};
        out["keepRoute"] = true;
        if (router.masquerade) out["Masquerade"] = true;
        add_route(out, to, peer);
    }

    IdsOnce extra_;
    std::vector<Json> routes_, route_rules_;
};

}  // namespace naive
}  // namespace rookery::management::testing
