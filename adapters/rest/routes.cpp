#include "adapters/rest/routes.hpp"

namespace rookery::adapters::rest {

namespace {

// What routes by domains carry as their network.
constexpr auto no_network = "192.0.2.0/32";

management::RouteFields read_fields(Body& body) {
    management::RouteFields fields;
    fields.description = body.text("description");
    fields.net_id = body.text("network_id");
    fields.network = body.optional_text("network");
    fields.domains = body.optional_texts("domains");
    fields.peer = body.optional_text("peer");
    fields.peer_groups = body.optional_texts("peer_groups");
    fields.groups = body.texts("groups");
    fields.access_control_groups = body.texts("access_control_groups");
    fields.metric = body.small_integer("metric");
    fields.masquerade = body.flag("masquerade");
    fields.keep_route = body.flag("keep_route");
    fields.enabled = body.flag("enabled");
    fields.skip_auto_apply = body.flag("skip_auto_apply");
    return fields;
}

const char* type_of(const management::Route& route) {
    if (!route.domains.empty()) return "Domain";
    return route.network.find(':') == std::string::npos ? "IPv4" : "IPv6";
}

}  // namespace

Json Routes::encode(const management::AccountState&, const management::Route& route) {
    Json json{{"id", route.id},
              {"network_type", type_of(route)},
              {"description", route.description},
              {"network_id", route.net_id},
              {"enabled", route.enabled},
              {"peer", route.peer},
              {"network", route.domains.empty() ? route.network : no_network},
              {"domains", route.domains},
              {"metric", route.metric},
              {"masquerade", route.masquerade},
              {"groups", route.groups},
              {"keep_route", route.keep_route},
              {"skip_auto_apply", route.skip_auto_apply}};
    put_unless_empty(json, "peer_groups", route.peer_groups);
    put_unless_empty(json, "access_control_groups", route.access_control_groups);
    return json;
}

management::CreateRoute Routes::create(Body& body, const Call&, const std::string& id) {
    return {id, read_fields(body)};
}

management::UpdateRoute Routes::update(Body& body, const Call&, const std::string& id) {
    return {id, read_fields(body)};
}

}  // namespace rookery::adapters::rest
