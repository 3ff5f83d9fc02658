// Commands about DNS (rest-api §6.13).
#pragma once

#include <optional>

#include "actors/management/model.hpp"

namespace rookery::management {

struct CreateNameServerGroup {
    NameServerGroup group;  // its id is new
};
struct UpdateNameServerGroup {
    NameServerGroup group;
};
struct DeleteNameServerGroup {
    Id id;
};

struct UpdateDnsSettings {
    std::optional<std::vector<Id>> disabled_management_groups;  // absent: refused
};

struct ZoneFields {
    std::string name, domain;
    bool enabled = true;
    bool enable_search_domain = false;
    std::vector<Id> distribution_groups;
};
struct CreateZone {
    Id id;  // new
    ZoneFields fields;
};
struct UpdateZone {
    Id id;
    ZoneFields fields;  // its domain cannot change
};
struct DeleteZone {
    Id id;
};

struct CreateZoneRecord {
    Id zone;
    ZoneRecord record;  // its id is new
};
struct UpdateZoneRecord {
    Id zone;
    ZoneRecord record;
};
struct DeleteZoneRecord {
    Id zone;
    Id id;
};

}  // namespace rookery::management
