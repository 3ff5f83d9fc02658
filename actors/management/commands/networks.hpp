// Commands about routes, networks, their resources and routers.
#pragma once

#include <optional>

#include "actors/management/model.hpp"

namespace rookery::management {

// rest-api §6.11. Of each pair one is given; given and empty counts as given.
struct RouteFields {
    std::string description;
    std::string net_id;
    std::optional<std::string> network;
    std::optional<std::vector<std::string>> domains;
    std::optional<PeerId> peer;
    std::optional<std::vector<Id>> peer_groups;
    std::vector<Id> groups;
    std::vector<Id> access_control_groups;
    int metric = worst_metric;
    bool masquerade = false;
    bool keep_route = false;
    bool enabled = true;
    bool skip_auto_apply = false;
};
struct CreateRoute {
    Id id;  // new
    RouteFields fields;
};
struct UpdateRoute {
    Id id;
    RouteFields fields;
};
struct DeleteRoute {
    Id id;
};

// rest-api §6.12.
struct CreateNetwork {
    Network network;  // its id is new
};
struct UpdateNetwork {
    Network network;
};
struct DeleteNetwork {  // with its resources and routers
    Id id;
};

struct NetworkResourceFields {
    Id network;
    std::string name, description;
    std::string address;  // its type follows from it
    bool enabled = true;
    std::vector<Id> groups;
};
struct CreateNetworkResource {
    Id id;  // new
    NetworkResourceFields fields;
};
struct UpdateNetworkResource {
    Id id;
    NetworkResourceFields fields;
};
struct DeleteNetworkResource {
    Id id;
    Id network;
};

struct CreateNetworkRouter {  // always enabled, whatever the request says
    NetworkRouter router;     // its id is new
};
struct UpdateNetworkRouter {
    NetworkRouter router;
};
struct DeleteNetworkRouter {
    Id id;
    Id network;
};

}  // namespace rookery::management
