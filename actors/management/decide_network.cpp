// Networks and their routers (rest-api §6.12).
#include "actors/management/audit.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/network_resources.hpp"

namespace rookery::management {
namespace {

using core::ErrorKind;
using core::fail;

tl::unexpected<core::Error> unknown_network(const Id& id) {
    return fail(ErrorKind::not_found, "failed to get network: network: " + id + " not found");
}

Result<Done> check(const NetworkRouter& router) {
    if (!router.peer.empty() && !router.peer_groups.empty())
        return fail(ErrorKind::bad_request, "peer and peer_groups cannot be set at the same time");
    if (router.peer.empty() && router.peer_groups.empty())
        return fail(ErrorKind::bad_request, "either peer or peer_groups must be provided");
    return Done{};
}

EventMeta event_meta(const Network& network, const NetworkRouter& router) {
    return {{"network_name", network.name},
            {"network_id", network.id},
            {"peer", router.peer},
            {"peer_groups", event_list(router.peer_groups)}};
}

Result<const NetworkRouter*> find_router(const AccountState& account, const Id& id, const Id& network) {
    const auto* router = account.network_routers.find(id);
    if (!router)
        return fail(ErrorKind::not_found, "failed to get network router: network router: " + id + " not found");
    if (router->network != network)
        return fail(ErrorKind::bad_request, "router " + id + " is not part of the network " + network);
    return router;
}

void remove_router(Draft& draft, const Network& network, const NetworkRouter& router) {
    draft.event(activity::network_router_deleted, router.id, event_meta(network, router));
    draft.remove<NetworkRouter>(router.id);
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreateNetwork& command) {
    Draft draft(c);
    draft.put(command.network);
    draft.event(activity::network_created, command.network.id, {{"name", command.network.name}});
    return std::move(draft).take(false);  // nothing lies in it yet
}

Result<Decision> decide_on(const Case& c, const UpdateNetwork& command) {
    if (!c.account.networks.find(command.network.id)) return unknown_network(command.network.id);
    Draft draft(c);
    draft.put(command.network);
    draft.event(activity::network_updated, command.network.id, {{"name", command.network.name}});
    return std::move(draft).take(false);  // its name stands in no map
}

Result<Decision> decide_on(const Case& c, const DeleteNetwork& command) {
    const auto* network = c.account.networks.find(command.id);
    if (!network) return unknown_network(command.id);
    Draft draft(c);
    for (const auto& [id, resource] : c.account.network_resources)
        if (resource->network == command.id) remove_resource(draft, *resource);
    for (const auto& [id, router] : c.account.network_routers)
        if (router->network == command.id) remove_router(draft, *network, *router);
    draft.event(activity::network_deleted, command.id, {{"name", network->name}});
    draft.remove<Network>(command.id);
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const CreateNetworkRouter& command) {
    auto router = command.router;
    if (auto done = check(router); !done) return tl::unexpected(done.error());
    const auto* network = c.account.networks.find(router.network);
    if (!network) return unknown_network(router.network);
    router.enabled = true;
    Draft draft(c);
    draft.event(activity::network_router_created, router.id, event_meta(*network, router));
    draft.put(std::move(router));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const UpdateNetworkRouter& command) {
    const auto& router = command.router;
    if (auto done = check(router); !done) return tl::unexpected(done.error());
    const auto* network = c.account.networks.find(router.network);
    if (!network) return unknown_network(router.network);
    if (auto stored = find_router(c.account, router.id, router.network); !stored) return tl::unexpected(stored.error());
    Draft draft(c);
    draft.put(router);
    draft.event(activity::network_router_updated, router.id, event_meta(*network, router));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const DeleteNetworkRouter& command) {
    const auto* network = c.account.networks.find(command.network);
    if (!network) return unknown_network(command.network);
    const auto router = find_router(c.account, command.id, command.network);
    if (!router) return tl::unexpected(router.error());
    Draft draft(c);
    remove_router(draft, *network, **router);
    return std::move(draft).take(true);
}

}  // namespace rookery::management
