// What lies behind peers: classic routes (network-map §2.10), networks with resources and routers (§2.11).
#pragma once

#include <vector>

#include "actors/management/model/ids.hpp"

namespace rookery::management {

inline constexpr int worst_metric = 9999;

struct Route {
    Id id;
    std::string net_id;  // routes of one net_id and network are alternatives
    std::string description;
    std::string network;               // CIDR, host bits zero; empty for a route by domains
    std::vector<std::string> domains;  // punycode
    PeerId peer;                       // or peer_groups
    std::vector<Id> peer_groups;
    std::vector<Id> groups;  // who may use it
    std::vector<Id> access_control_groups;
    int metric = worst_metric;
    bool masquerade = false;
    bool keep_route = false;
    bool enabled = true;
    bool skip_auto_apply = false;  // exit nodes: the agent does not take it by itself
    friend bool operator==(const Route&, const Route&) = default;
};

struct Network {
    Id id;
    std::string name, description;
    friend bool operator==(const Network&, const Network&) = default;
};

enum class ResourceType { host, subnet, domain };

// The groups it is in stand in Group::resources.
struct NetworkResource {
    Id id;
    Id network;
    std::string name;  // unique in the account
    std::string description;
    ResourceType type = ResourceType::host;
    std::string address;  // host: a /32 or /128; subnet: CIDR, host bits kept; domain: as given
    bool enabled = true;
    friend bool operator==(const NetworkResource&, const NetworkResource&) = default;
};

struct NetworkRouter {
    Id id;
    Id network;
    PeerId peer;  // or peer_groups
    std::vector<Id> peer_groups;
    bool masquerade = false;
    int metric = worst_metric;
    bool enabled = true;
    friend bool operator==(const NetworkRouter&, const NetworkRouter&) = default;
};

}  // namespace rookery::management
