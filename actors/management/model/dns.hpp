// Name servers and zones that agents are told of (network-map §2.12).
#pragma once

#include <vector>

#include "actors/management/model/ids.hpp"

namespace rookery::management {

struct NameServer {
    std::string ip;
    std::string type = "udp";
    int port = 53;
    friend bool operator==(const NameServer&, const NameServer&) = default;
};

struct NameServerGroup {
    Id id;
    std::string name, description;
    std::vector<NameServer> servers;
    std::vector<Id> groups;            // who uses them
    bool primary = false;              // for every domain
    std::vector<std::string> domains;  // as given; empty if primary
    bool search_domains_enabled = false;
    bool enabled = true;
    friend bool operator==(const NameServerGroup&, const NameServerGroup&) = default;
};

struct ZoneRecord {
    Id id;
    std::string name;  // the zone's domain or below it
    std::string type;  // A | AAAA | CNAME
    std::string content;
    std::int64_t ttl = 0;
    friend bool operator==(const ZoneRecord&, const ZoneRecord&) = default;
};

struct Zone {
    Id id;
    std::string name;
    std::string domain;  // unique in the account
    bool enabled = true;
    bool enable_search_domain = false;
    std::vector<Id> distribution_groups;
    std::vector<ZoneRecord> records;
    friend bool operator==(const Zone&, const Zone&) = default;
};

}  // namespace rookery::management
