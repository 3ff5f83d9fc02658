#include "adapters/rest/networks.hpp"

#include <algorithm>
#include <set>

#include "actors/management/network_resources.hpp"
#include "adapters/rest/groups.hpp"

namespace rookery::adapters::rest {

namespace {

using management::AccountState;
using management::Id;

bool holds(const management::Group& group, const Id& resource) {
    return std::any_of(group.resources.begin(), group.resources.end(),
                       [&](const management::ResourceRef& ref) { return ref.id == resource; });
}

std::set<Id> resources_of(const AccountState& account, const Id& network) {
    std::set<Id> out;
    for (const auto& [id, resource] : account.network_resources)
        if (resource->network == network) out.insert(id);
    return out;
}

// Policies whose destination is one of the resources, or a group that contains one.
Json policies_of(const AccountState& account, const std::set<Id>& resources) {
    const auto leads_to = [&](const management::PolicyRule& rule) {
        if (rule.destination_resource && resources.contains(rule.destination_resource->id)) return true;
        return std::any_of(rule.destinations.begin(), rule.destinations.end(), [&](const Id& id) {
            const auto* group = account.groups.find(id);
            return group && std::any_of(group->resources.begin(), group->resources.end(),
                                        [&](const auto& ref) { return resources.contains(ref.id); });
        });
    };
    Json list = Json::array();
    for (const auto& [id, policy] : account.policies)
        if (std::any_of(policy->rules.begin(), policy->rules.end(), leads_to)) list.push_back(id);
    return list;
}

// Peers that route; one that does so twice counts twice, as in the reference.
std::size_t routing_peers(const AccountState& account, const management::NetworkRouter& router) {
    std::size_t count = router.peer.empty() ? 0 : 1;
    for (const auto& id : router.peer_groups)
        if (const auto* group = account.groups.find(id)) count += group->peers.size();
    return count;
}

management::Network read_network(Body& body, const Id& id) {
    return {id, body.text("name"), body.text("description")};
}

management::NetworkResourceFields read_resource(Body& body, const Call& call) {
    return {call.path_value(),    body.text("name"),    body.text("description"),
            body.text("address"), body.flag("enabled"), body.texts("groups")};
}

management::NetworkRouter read_router(Body& body, const Call& call, const Id& id) {
    return {id,
            call.path_value(),
            body.text("peer"),
            body.texts("peer_groups"),
            body.flag("masquerade"),
            body.small_integer("metric"),
            body.flag("enabled")};
}

}  // namespace

Json Networks::encode(const AccountState& account, const management::Network& network) {
    Json routers = Json::array();
    std::size_t peers = 0;
    for (const auto& [id, router] : account.network_routers) {
        if (router->network != network.id) continue;
        routers.push_back(id);
        peers += routing_peers(account, *router);
    }
    const auto resources = resources_of(account, network.id);
    return {{"id", network.id},
            {"name", network.name},
            {"description", network.description},
            {"routers", std::move(routers)},
            {"resources", resources},
            {"routing_peers_count", peers},
            {"policies", policies_of(account, resources)}};
}

management::CreateNetwork Networks::create(Body& body, const Call&, const std::string& id) {
    return {read_network(body, id)};
}

management::UpdateNetwork Networks::update(Body& body, const Call&, const std::string& id) {
    return {read_network(body, id)};
}

Json NetworkResources::encode(const AccountState& account, const management::NetworkResource& resource) {
    Json groups = Json::array();
    for (const auto& [id, group] : account.groups)
        if (holds(*group, resource.id)) groups.push_back(group_minimum_json(*group));
    return {{"id", resource.id},           {"type", management::to_string(resource.type)},
            {"name", resource.name},       {"description", resource.description},
            {"address", resource.address}, {"groups", std::move(groups)},
            {"enabled", resource.enabled}};
}

management::CreateNetworkResource NetworkResources::create(Body& body, const Call& call, const std::string& id) {
    return {id, read_resource(body, call)};
}

management::UpdateNetworkResource NetworkResources::update(Body& body, const Call& call, const std::string& id) {
    return {id, read_resource(body, call)};
}

Json NetworkRouters::encode(const AccountState&, const management::NetworkRouter& router) {
    return {{"id", router.id},
            {"peer", router.peer},
            {"peer_groups", router.peer_groups},
            {"masquerade", router.masquerade},
            {"metric", router.metric},
            {"enabled", router.enabled}};
}

management::CreateNetworkRouter NetworkRouters::create(Body& body, const Call& call, const std::string& id) {
    return {read_router(body, call, id)};
}

management::UpdateNetworkRouter NetworkRouters::update(Body& body, const Call& call, const std::string& id) {
    return {read_router(body, call, id)};
}

}  // namespace rookery::adapters::rest
