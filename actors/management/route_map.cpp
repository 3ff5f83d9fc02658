#include "actors/management/route_map.hpp"

#include "actors/management/compiled_routes.hpp"
#include "actors/management/wire_pieces.hpp"
#include "proto/management.pb.h"

namespace rookery::management {
namespace {

namespace wire = ::management;
using namespace wire_pieces;

constexpr const char* ipv6_twin = "-v6-default";  // of a default route

class RouteMapBuilder {
public:
    RouteMapBuilder(const CompiledAccount& account, const CompiledPeer& self, const KnownPeers& known,
                    const PeerSet& online, bool ipv6)
        : account_(account), self_(self), known_(known), online_(online), ipv6_(ipv6) {}

    RouteMap build() {
        std::set<std::string_view> own;  // what it carries itself, enabled or not, it does not take from others
        for (const auto* route : known_.routes)
            if (route->routing.contains(self_.slot)) own.insert(route->alternatives);
        for (const auto* route : known_.routes) {
            if (!route->route->enabled) continue;
            if (route->routing.contains(self_.slot)) {
                add_route(*route, self_);
                add_rules(*route);
            }
            if (!route->consumers.contains(self_.slot) || own.contains(route->alternatives)) continue;
            (route->routing & online_).for_each([&](Slot slot) { add_route(*route, account_.peers[slot]); });
        }
        for (const auto* resource : known_.resources) {
            if (resource->routing.contains(self_.slot)) {
                add_route(*resource, self_);
                add_rules(*resource);
            } else {
                (resource->routing & account_.approved).for_each([&](Slot slot) {
                    add_route(*resource, account_.peers[slot]);
                });
            }
        }
        return std::move(out_);
    }

private:
    // By name it has the route's id, as a member of a group one of its own.
    std::vector<std::string> ids(const CompiledRoute& route, const CompiledPeer& peer) const {
        std::vector<std::string> out;
        if (route.in_peer_groups.contains(peer.slot)) out.push_back(route.route->id + ':' + peer.peer->id);
        if (route.peer == peer.slot) out.push_back(route.route->id);
        return out;
    }

    void add_route(const CompiledRoute& route, const CompiledPeer& peer) {
        for (const auto& id : ids(route, peer))
            add_route(id, route.destination, route.route->net_id, peer.pieces.route_peer, route.tail);
    }

    void add_route(const CompiledResource& resource, const CompiledPeer& peer) {
        const auto& router = *resource.routers.at(peer.slot);
        wire::Route options;
        options.set_metric(router.metric);
        options.set_masquerade(router.masquerade);
        options.set_keeproute(true);
        add_route(resource.resource->id + ':' + peer.peer->id, resource.destination, resource.resource->name,
                  peer.pieces.route_peer, options.SerializeAsString());
    }

    void add_route(const std::string& id, const Destination& destination, const std::string& net_id,
                   const std::string& peer, const std::string& options) {
        if (destination.ipv6 && !ipv6_) return;
        const auto add = [&](const std::string& route_id, bool twin) {
            std::string head;
            append_field(head, wire::Route::kIDFieldNumber, route_id);
            append_message(out_.routes, wire::NetworkMap::kRoutesFieldNumber, head,
                           route_destination(destination, net_id, twin), peer, options);
            ++out_.objects;
        };
        add(id, false);
        if (ipv6_ && destination.everything()) add(id + ipv6_twin, true);
    }

    // What routes a rule is for: fields of RouteFirewallRule.
    static std::string target(const Destination& destination, const std::string& route_id, bool twin) {
        wire::RouteFirewallRule out;
        out.set_destination(twin ? "::/0" : destination.network);
        out.set_isdynamic(destination.dynamic());
        for (const auto& domain : destination.domains) out.add_domains(domain);
        out.set_routeid(twin ? route_id + ipv6_twin : route_id);
        return out.SerializeAsString();
    }

    void add_rule(const std::string& sources, const std::string& tail, const std::string& target) {
        append_message(out_.rules, wire::NetworkMap::kRoutesFirewallRulesFieldNumber, sources, tail, target);
        ++out_.objects;
    }

    void add_rules(const CompiledRoute& route) {
        for (const auto& id : ids(route, self_)) {
            if (route.route->access_control_groups.empty()) permit_everybody(route.destination, id);
            for (const auto& policy : route.access)
                for (const auto& rule : policy->rules)
                    add_rules(rule, peers_of(rule) & route.consumers, route.destination, id);
        }
    }

    void add_rules(const CompiledResource& resource) {
        const auto id = resource.resource->id + ':' + self_.peer->id;
        for (const auto& policy : resource.policies)
            for (const auto& rule : policy->rules) {
                const auto peers = peers_of(rule) & policy->named;
                if (!peers.empty()) add_rules(rule, peers, resource.destination, id);
            }
    }

    void permit_everybody(const Destination& destination, const std::string& id) {
        wire::RouteFirewallRule any;
        any.set_protocol(wire::ALL);
        any.mutable_portinfo();
        const auto tail = any.SerializeAsString();
        const auto permit = [&](const char* sources, bool twin) {
            std::string from;
            append_field(from, wire::RouteFirewallRule::kSourceRangesFieldNumber, sources);
            add_rule(from, tail, target(destination, id, twin));
        };
        if (!destination.ipv6) permit("0.0.0.0/0", false);
        if (!ipv6_) return;
        if (destination.ipv6 || destination.dynamic()) permit("::/0", false);
        if (destination.everything()) permit("::/0", true);
    }

    // Sources of the rule that this peer knows. It may be one itself only by name.
    PeerSet peers_of(const CompiledRule& rule) const {
        auto peers = rule.source_groups;
        peers.erase(self_.slot);
        if (rule.source_peer) peers.insert(*rule.source_peer);
        return peers & known_.all;
    }

    void add_rules(const CompiledRule& rule, const PeerSet& peers, const Destination& destination,
                   const std::string& id) {
        if (destination.ipv6 && !ipv6_) return;
        std::string v4, v6;
        peers.for_each([&](Slot slot) {
            v4 += account_.peers[slot].pieces.source_v4;
            v6 += account_.peers[slot].pieces.source_v6;
        });
        const auto add = [&](const std::string& sources, bool twin) {
            const auto to = target(destination, id, twin);
            for (const auto& tail : rule.route_tails) add_rule(sources, tail, to);
        };
        add(destination.ipv6 ? v6 : v4, false);
        if (destination.ipv6 || !ipv6_ || v6.empty()) return;
        if (destination.dynamic() || destination.everything()) add(v6, destination.everything());
    }

    const CompiledAccount& account_;
    const CompiledPeer& self_;
    const KnownPeers& known_;
    const PeerSet& online_;
    const bool ipv6_;
    RouteMap out_;
};

}  // namespace

RouteMap route_map(const CompiledAccount& account, const CompiledPeer& self, const KnownPeers& known,
                   const PeerSet& online, bool ipv6) {
    return RouteMapBuilder(account, self, known, online, ipv6).build();
}

}  // namespace rookery::management
