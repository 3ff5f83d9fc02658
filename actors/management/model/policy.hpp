// Who may reach whom (network-map §2.8), and what a machine must fulfil to be a source (§2.9).
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "actors/management/model/ids.hpp"

namespace rookery::management {

struct PortRange {
    int start = 0, end = 0;
    friend bool operator==(const PortRange&, const PortRange&) = default;
};

struct PolicyRule {
    Id id;
    std::string name, description;
    bool enabled = true;
    bool bidirectional = true;
    std::string action = "accept";  // accept | drop
    std::string protocol = "all";   // all | tcp | udp | icmp | netbird-ssh
    // On either side a resource replaces the groups.
    std::vector<Id> sources, destinations;  // group ids
    std::optional<ResourceRef> source_resource, destination_resource;
    std::vector<std::string> ports;  // as given
    std::vector<PortRange> port_ranges;
    std::map<Id, std::vector<std::string>> authorized_groups;  // netbird-ssh: group of users -> local user names
    UserId authorized_user;                                    // netbird-ssh: of a temporary access
    friend bool operator==(const PolicyRule&, const PolicyRule&) = default;
};

struct Policy {
    Id id;
    std::string name, description;
    bool enabled = true;
    std::vector<PolicyRule> rules;
    std::vector<Id> source_posture_checks;
    friend bool operator==(const Policy&, const Policy&) = default;
};

// Fulfilled if every part that is there is fulfilled.
struct PostureCheck {
    struct Version {
        std::string min_version;
        friend bool operator==(const Version&, const Version&) = default;
    };
    struct OsVersion {  // a system without an entry fails; of Linux and Windows the kernel's version counts
        std::optional<std::string> android, darwin, ios, linux_kernel, windows_kernel;
        friend bool operator==(const OsVersion&, const OsVersion&) = default;
    };
    struct Place {
        std::string country_code, city_name;  // city_name empty: the whole country
        friend bool operator==(const Place&, const Place&) = default;
    };
    struct Location {
        std::string action;  // allow | deny
        std::vector<Place> places;
        friend bool operator==(const Location&, const Location&) = default;
    };
    struct NetworkRange {
        std::string action;               // allow | deny
        std::vector<std::string> ranges;  // CIDR as given, host bits kept
        friend bool operator==(const NetworkRange&, const NetworkRange&) = default;
    };
    struct Process {
        std::string linux_path, mac_path, windows_path;
        friend bool operator==(const Process&, const Process&) = default;
    };

    Id id;
    std::string name, description;
    std::optional<Version> agent_version;
    std::optional<OsVersion> os_version;
    std::optional<Location> location;
    std::optional<NetworkRange> network_range;
    std::optional<std::vector<Process>> processes;
    friend bool operator==(const PostureCheck&, const PostureCheck&) = default;
};

}  // namespace rookery::management
