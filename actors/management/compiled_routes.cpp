#include "actors/management/compiled_routes.hpp"

#include <algorithm>

#include "actors/management/checks.hpp"
#include "actors/management/wire_pieces.hpp"
#include "proto/management.pb.h"

namespace rookery::management {
namespace {

namespace wire = ::management;

constexpr const char* domain_placeholder = "192.0.2.0/32";
constexpr int type_ipv4 = 1, type_ipv6 = 2, type_domain = 3;
constexpr int record_a = 1, record_aaaa = 28, record_cname = 5;

bool is_ipv6(const std::string& network) {
    return network.find(':') != std::string::npos;
}

Destination destination_of(const Route& route) {
    if (!route.domains.empty()) return {domain_placeholder, route.domains, false};
    return {route.network, {}, is_ipv6(route.network)};
}

Destination destination_of(const NetworkResource& resource) {
    if (resource.type == ResourceType::domain)
        return {domain_placeholder, {ascii_domain(resource.address).value_or(resource.address)}, false};
    return {resource.address, {}, is_ipv6(resource.address)};
}

// Fields of Route that a route has besides its destination.
std::string options(const Route& route) {
    wire::Route out;
    out.set_metric(route.metric);
    out.set_masquerade(route.masquerade);
    out.set_keeproute(route.keep_route);
    out.set_skipautoapply(route.skip_auto_apply);
    return out.SerializeAsString();
}

void add_to(std::map<Id, std::vector<PolicyPtr>>& index, const Id& id, const PolicyPtr& policy) {
    index[id].push_back(policy);
}

std::string name_servers_piece(const NameServerGroup& group) {
    if (!group.enabled) return {};
    wire::NameServerGroup out;
    for (const auto& server : group.servers) {
        auto* entry = out.add_nameservers();
        entry->set_ip(server.ip);
        entry->set_nstype(1);  // UDP
        entry->set_port(server.port);
    }
    out.set_primary(group.primary);
    for (const auto& domain : group.domains) out.add_domains(domain);
    out.set_searchdomainsenabled(group.search_domains_enabled);
    std::string piece;
    wire_pieces::append_field(piece, wire::DNSConfig::kNameServerGroupsFieldNumber, out.SerializeAsString());
    return piece;
}

std::string zone_piece(const Zone& zone) {
    if (!zone.enabled || zone.records.empty()) return {};
    wire::CustomZone out;
    out.set_domain(zone.domain + '.');
    out.set_nonauthoritative(true);
    out.set_searchdomaindisabled(!zone.enable_search_domain);
    for (const auto& record : zone.records) {
        auto* entry = out.add_records();
        const bool alias = record.type == "CNAME";
        entry->set_name(record.name + '.');
        entry->set_type(alias ? record_cname : record.type == "AAAA" ? record_aaaa : record_a);
        entry->set_class_("IN");
        entry->set_ttl(record.ttl);
        entry->set_rdata(alias ? record.content + '.' : record.content);
    }
    std::string piece;
    wire_pieces::append_field(piece, wire::DNSConfig::kCustomZonesFieldNumber, out.SerializeAsString());
    return piece;
}

}  // namespace

std::string route_destination(const Destination& destination, const std::string& net_id, bool ipv6_twin) {
    wire::Route out;
    out.set_network(ipv6_twin ? "::/0" : destination.network);
    out.set_networktype(destination.dynamic() ? type_domain : destination.ipv6 || ipv6_twin ? type_ipv6 : type_ipv4);
    out.set_netid(ipv6_twin ? net_id + "-v6" : net_id);
    for (const auto& domain : destination.domains) out.add_domains(domain);
    return out.SerializeAsString();
}

void RouteCompiler::compile() {
    routes();
    resources();
    name_servers();
    zones();
}

void RouteCompiler::routes() {
    const auto& old = before_.state->routes;
    const auto& now = out_.state->routes;
    if (!sets_changed_ && old.shares_with(now)) return;
    Collection<CompiledRoute>::Map compiled;
    for (const auto& [id, route] : now) {
        auto next = std::make_shared<CompiledRoute>();
        next->route = route;
        next->in_peer_groups = out_.any_member(route->peer_groups);
        if (const auto* peer = out_.find(route->peer)) next->peer = peer->slot;
        next->routing = next->in_peer_groups;
        if (next->peer) next->routing.insert(*next->peer);
        next->consumers = out_.any_member(route->groups);
        next->access = access_policies(*route);
        const auto* known = out_.routes.find(id);
        if (known && known->route == route) {
            // Most often nothing but a set differs.
            next->destination = known->destination;
            next->alternatives = known->alternatives;
            next->tail = known->tail;
        } else {
            next->destination = destination_of(*route);
            next->alternatives =
                route->net_id + '|' + (route->domains.empty() ? route->network : joined(route->domains, ", "));
            next->tail = options(*route);
        }
        compiled.emplace(id, std::move(next));
    }
    out_.routes = Collection<CompiledRoute>(compiled);
}

RouteCompiler::Policies RouteCompiler::access_policies(const Route& route) const {
    Policies out;
    for (const auto& group : route.access_control_groups)
        for (const auto& [id, policy] : out_.policies)
            for (const auto& rule : policy->rules) {
                const auto& destinations = policy->rule(rule).destinations;
                if (std::count(destinations.begin(), destinations.end(), group)) out.push_back(policy);
            }
    return out;
}

void RouteCompiler::resources() {
    const auto& before = *before_.state;
    const auto& now = *out_.state;
    if (!sets_changed_ && before.network_resources.shares_with(now.network_resources) &&
        before.network_routers.shares_with(now.network_routers))
        return;
    Collection<CompiledResource>::Map compiled;
    if (now.network_resources.empty()) {
        out_.resources = {};
        return;
    }
    const auto policies = policies_by_resource();
    for (const auto& [id, resource] : now.network_resources) {
        if (!resource->enabled) continue;
        auto next = std::make_shared<CompiledResource>();
        next->resource = resource;
        next->destination = destination_of(*resource);
        next->routers = routers_of(resource->network);
        for (const auto& [slot, router] : next->routers) next->routing.insert(slot);
        if (const auto it = policies.find(id); it != policies.end()) next->policies = it->second;
        for (const auto& policy : next->policies) next->clients |= policy->clients;
        compiled.emplace(id, std::move(next));
    }
    out_.resources = Collection<CompiledResource>(compiled);
}

std::map<Id, RouteCompiler::Policies> RouteCompiler::policies_by_resource() const {
    std::map<Id, Policies> out;
    for (const auto& [id, policy] : out_.policies)
        for (const auto& compiled : policy->rules) {
            const auto& rule = policy->rule(compiled);
            std::set<Id> reached;
            if (rule.destination_resource) reached.insert(rule.destination_resource->id);
            for (const auto& group_id : rule.destinations)
                if (const auto* group = out_.state->groups.find(group_id))
                    for (const auto& resource : group->resources) reached.insert(resource.id);
            for (const auto& resource : reached) add_to(out, resource, policy);
        }
    return out;
}

// Of a peer that routes by several of them, the last one counts.
std::map<Slot, std::shared_ptr<const NetworkRouter>> RouteCompiler::routers_of(const Id& network) const {
    std::map<Slot, std::shared_ptr<const NetworkRouter>> out;
    for (const auto& [id, router] : out_.state->network_routers) {
        if (!router->enabled || router->network != network) continue;
        if (const auto* peer = out_.find(router->peer)) out[peer->slot] = router;
        out_.any_member(router->peer_groups).for_each([&, &entry = router](Slot slot) { out[slot] = entry; });
    }
    return out;
}

template <class T, class Encode>
void RouteCompiler::notices(const Collection<T>& old, const Collection<T>& now, Collection<CompiledNotice<T>>& out,
                            const std::vector<Id> T::*groups, Encode encode) {
    if (!sets_changed_ && old.shares_with(now)) return;
    typename Collection<CompiledNotice<T>>::Map compiled;
    for (const auto& [id, entity] : now) {
        const auto* known = out.find(id);
        auto next = std::make_shared<CompiledNotice<T>>();
        next->entity = entity;
        next->readers = out_.any_member((*entity).*groups);
        next->piece = known && known->entity == entity ? known->piece : encode(*entity);
        compiled.emplace(id, std::move(next));
    }
    out = Collection<CompiledNotice<T>>(compiled);
}

void RouteCompiler::name_servers() {
    notices(before_.state->name_server_groups, out_.state->name_server_groups, out_.name_servers,
            &NameServerGroup::groups, name_servers_piece);
}

void RouteCompiler::zones() {
    notices(before_.state->zones, out_.state->zones, out_.zones, &Zone::distribution_groups, zone_piece);
}

}  // namespace rookery::management
