// rest-api §6.11; the order of the checks is part of the interface.
#include <algorithm>

#include "actors/management/audit.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/draft.hpp"

namespace rookery::management {
namespace {

using core::ErrorKind;
using core::fail;

constexpr std::size_t max_net_id = 40, max_domains = 32;

tl::unexpected<core::Error> invalid(std::string text) {
    return fail(ErrorKind::invalid_argument, std::move(text));
}

Result<Done> check_form(const RouteFields& fields) {
    if (fields.network && fields.domains) return invalid("only one of 'network' or 'domains' should be provided");
    if (!fields.network && !fields.domains) return invalid("either 'network' or 'domains' should be provided");
    if (!fields.peer && !fields.peer_groups) return invalid("either 'peer' or 'peer_groups' should be provided");
    if (fields.peer && fields.peer_groups) return invalid("only one of 'peer' or 'peer_groups' should be provided");
    if (const auto size = length(fields.net_id); size < 1 || size > max_net_id)
        return invalid("identifier should be between 1 and 40 characters");
    return Done{};
}

Result<std::vector<std::string>> parse_domains(const std::vector<std::string>& domains) {
    if (domains.empty()) return invalid("invalid domains: domains list is empty");
    if (domains.size() > max_domains)
        return invalid("invalid domains: at most " + std::to_string(max_domains) + " domains are possible");
    std::vector<std::string> out;
    for (const auto& domain : domains) {
        const auto ascii = ascii_domain(domain);
        if (!ascii) return invalid("invalid domains: invalid domain format: " + domain);
        out.push_back(*ascii);
    }
    return out;
}

Result<std::string> parse_network(const std::string& text) {
    if (const auto net = core::parse_prefix4(text)) return core::to_string(*net);
    if (const auto net = core::parse_prefix6(text)) return core::to_string(*net);
    return invalid("invalid network " + text);
}

Result<Done> check_references(const AccountState& account, const Route& route) {
    if (route.metric < 1 || route.metric > worst_metric) return invalid("metric should be between 1 and 9999");
    if (auto done = check_some_groups(account, route.groups); !done) return done;
    if (auto done = check_groups(account, route.peer_groups); !done) return done;
    if (auto done = check_groups(account, route.access_control_groups); !done) return done;
    if (!route.peer.empty() && !account.peers.find(route.peer))
        return invalid("peer with id " + route.peer + " not found");
    return Done{};
}

bool has_member(const AccountState& account, const std::vector<Id>& groups, const PeerId& peer) {
    return std::any_of(groups.begin(), groups.end(), [&](const Id& id) {
        const auto* group = account.groups.find(id);
        return group && group->peers.contains(peer);
    });
}

// A peer carries a destination once.
Result<Done> check_duplicates(const AccountState& account, const Route& route) {
    auto destination =
        "failed to add route with prefix " + (route.domains.empty() ? route.network : std::string("192.0.2.0/32"));
    if (!route.domains.empty()) destination += " (or domains [" + joined(route.domains, ", ") + "])";
    destination += " - ";
    const auto taken = [&](const std::string& what) { return fail(ErrorKind::already_exists, destination + what); };
    for (const auto& [id, other] : account.routes) {
        if (id == route.id || other->network != route.network || other->domains != route.domains) continue;
        if (!route.peer.empty() && (route.peer == other->peer || has_member(account, other->peer_groups, route.peer)))
            return taken("peer " + route.peer + " already has this route");
        for (const auto& group_id : route.peer_groups) {
            const auto* group = account.groups.find(group_id);
            if (std::count(other->peer_groups.begin(), other->peer_groups.end(), group_id))
                return taken("peer group " + group->name + " already has this route");
            for (const auto& peer : group->peers)
                if (peer == other->peer || has_member(account, other->peer_groups, peer))
                    return taken("peer " + peer + " from the group " + group->name + " already has this route");
        }
    }
    return Done{};
}

Result<Route> make_route(const AccountState& account, const Id& id, const RouteFields& fields) {
    if (auto done = check_form(fields); !done) return tl::unexpected(done.error());
    Route route;
    route.id = id;
    route.net_id = fields.net_id;
    route.description = fields.description;
    if (fields.domains) {
        auto domains = parse_domains(*fields.domains);
        if (!domains) return tl::unexpected(domains.error());
        route.domains = std::move(*domains);
    } else {
        auto network = parse_network(*fields.network);
        if (!network) return tl::unexpected(network.error());
        route.network = std::move(*network);
    }
    route.peer = fields.peer.value_or("");
    route.peer_groups = fields.peer_groups.value_or(std::vector<Id>());
    route.groups = fields.groups;
    route.access_control_groups = fields.access_control_groups;
    route.metric = fields.metric;
    route.masquerade = fields.masquerade;
    route.keep_route = fields.keep_route;
    route.enabled = fields.enabled;
    route.skip_auto_apply = fields.skip_auto_apply;
    if (auto done = check_references(account, route); !done) return tl::unexpected(done.error());
    if (auto done = check_duplicates(account, route); !done) return tl::unexpected(done.error());
    return route;
}

EventMeta event_meta(const Route& route) {
    return {{"name", route.net_id},
            {"network_range", route.domains.empty() ? route.network : "192.0.2.0/32"},
            {"domains", joined(route.domains, ", ")},
            {"peer_id", route.peer},
            {"peer_groups", event_list(route.peer_groups)}};
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreateRoute& command) {
    auto route = make_route(c.account, command.id, command.fields);
    if (!route) return tl::unexpected(route.error());
    Draft draft(c);
    draft.event(activity::route_created, command.id, event_meta(*route));
    draft.put(std::move(*route));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const UpdateRoute& command) {
    if (!c.account.routes.find(command.id)) return fail(ErrorKind::not_found, "route: " + command.id + " not found");
    auto route = make_route(c.account, command.id, command.fields);
    if (!route) return tl::unexpected(route.error());
    Draft draft(c);
    draft.event(activity::route_updated, command.id, event_meta(*route));
    draft.put(std::move(*route));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const DeleteRoute& command) {
    const auto* route = c.account.routes.find(command.id);
    if (!route)
        return fail(ErrorKind::not_found,
                    "failed to delete route " + command.id + ": route: " + command.id + " not found");
    Draft draft(c);
    draft.event(activity::route_deleted, command.id, event_meta(*route));
    draft.remove<Route>(command.id);
    return std::move(draft).take(true);
}

}  // namespace rookery::management
