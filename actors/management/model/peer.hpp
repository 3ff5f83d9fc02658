// Machines of the overlay network (network-map §2.6) and the groups they are in (§2.7).
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "actors/core/ip.hpp"
#include "actors/management/model/collection.hpp"
#include "actors/management/model/ids.hpp"

namespace rookery::management {

struct PeerFlags {
    bool rosenpass_enabled = false, rosenpass_permissive = false, server_ssh_allowed = false;
    bool disable_client_routes = false, disable_server_routes = false, disable_dns = false, disable_firewall = false;
    bool block_lan_access = false, block_inbound = false, lazy_connection_enabled = false, disable_ipv6 = false;
    friend bool operator==(const PeerFlags&, const PeerFlags&) = default;
};

struct PeerMeta {  // what the agent reports about its machine, management-grpc §E
    std::string hostname, go_os, kernel, platform, os, os_version, agent_version, ui_version, kernel_version;
    std::string serial_number, product_name, manufacturer, cloud, cloud_platform;
    struct Address {
        std::string prefix, mac;
        friend bool operator==(const Address&, const Address&) = default;
    };
    std::vector<Address> network_addresses;
    struct File {
        std::string path;
        bool exists = false, running = false;
        friend bool operator==(const File&, const File&) = default;
    };
    std::vector<File> files;
    PeerFlags flags;
    std::set<int> capabilities;  // 1 source prefixes, 2 IPv6 overlay
    int sync_message_version = 0;
    friend bool operator==(const PeerMeta&, const PeerMeta&) = default;
};

struct Peer {
    PeerId id;
    PublicKey key;  // unique over all accounts
    core::Ipv4 ip;  // unique in the account
    std::optional<core::Ipv6> ipv6;
    std::string name;
    std::string dns_label;  // unique in the account
    std::vector<std::string> extra_dns_labels;
    bool allow_extra_dns_labels = false;
    UserId user;  // empty: registered by setup key
    std::string ssh_key;
    bool ssh_enabled = false;
    bool login_expiration_enabled = false;
    bool inactivity_expiration_enabled = false;
    bool ephemeral = false;
    bool requires_approval = false;  // sees nobody and is seen by nobody
    WallTime last_login{};
    WallTime created_at{};
    PeerMeta meta;
    friend bool operator==(const Peer&, const Peer&) = default;
};

// Kept apart from Peer: written often, in batches, and never part of the serial path (design §5).
struct PeerStatus {
    PeerId peer;
    bool connected = false;
    bool login_expired = false;
    WallTime last_seen{};
    std::uint64_t session = 0;  // registration number of the stream that wrote it: the fence
    std::string connection_ip;
    std::string country_code, city_name;  // of connection_ip; empty: not known
    std::int64_t geoname_id = 0;
    friend bool operator==(const PeerStatus&, const PeerStatus&) = default;
};

struct Group {
    Id id;
    std::string name;            // "All" is the group of every peer
    std::string issued = "api";  // api | jwt | integration
    IdSet peers;
    std::vector<ResourceRef> resources;  // each once
    friend bool operator==(const Group&, const Group&) = default;
};

}  // namespace rookery::management
