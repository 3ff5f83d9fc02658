// The account as Management knows it: plain immutable values, no behaviour. Scope of everything here: the
// account, so the same on every replica. Source: spec network-map §2. What later issues of the model add
// (routes, networks, DNS, posture checks …) becomes further collections of AccountState.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/core/ip.hpp"

namespace rookery::management {

using core::WallTime;

using Id = std::string;                         // xid (20 characters) unless said otherwise; opaque
using AccountId = std::string;                  // xid
using PeerId = std::string;                     // xid
using UserId = std::string;                     // opaque, may hold any character
using PublicKey = std::string;                  // WireGuard public key, canonical base64 (44 characters)
using CommitId = std::array<std::uint8_t, 16>;  // random, names one committed ChangeSet

struct Network {
    Id id;
    core::Prefix4 net;                    // a /16 of 100.64.0.0/10 for new accounts
    std::optional<core::Prefix6> net_v6;  // fd…/64
    friend bool operator==(const Network&, const Network&) = default;
};

struct Settings {  // network-map §2.3; durations in seconds
    bool peer_login_expiration_enabled = true;
    std::int64_t peer_login_expiration = 86'400;
    bool peer_inactivity_expiration_enabled = false;
    std::int64_t peer_inactivity_expiration = 600;
    bool regular_users_view_blocked = true;
    bool groups_propagation_enabled = true;
    bool routing_peer_dns_resolution_enabled = true;
    bool lazy_connection_enabled = true;
    std::string dns_domain;  // empty: the server's
    std::vector<Id> ipv6_enabled_groups;
    std::string auto_update_version = "disabled";
    bool auto_update_always = false;
    bool metrics_push_enabled = false;
    friend bool operator==(const Settings&, const Settings&) = default;
};

enum class Role { owner, admin, network_admin, auditor, user, billing_admin };

struct User {
    UserId id;
    Role role = Role::user;
    bool service_user = false;
    std::string name;   // encrypted at rest
    std::string email;  // encrypted at rest
    std::vector<Id> auto_groups;
    bool blocked = false;
    bool pending_approval = false;
    std::string issued = "api";
    WallTime last_login{};
    WallTime created_at{};
    friend bool operator==(const User&, const User&) = default;
};

struct AccessToken {  // personal access token: "nbp_" + 30 + 6 characters, only its hash is kept
    Id id;
    UserId user;
    std::string name;
    std::string hash;  // base64(SHA-256(token))
    UserId created_by;
    WallTime created_at{};
    WallTime expires_at{};
    WallTime last_used{};
    friend bool operator==(const AccessToken&, const AccessToken&) = default;
};

enum class SetupKeyType { reusable, one_off };

struct SetupKey {
    Id id;
    std::string name;
    SetupKeyType type = SetupKeyType::reusable;
    std::string hash;    // base64(SHA-256(upper-case key text))
    std::string masked;  // first five characters + "****"
    WallTime created_at{};
    WallTime updated_at{};
    WallTime expires_at{};  // never: does not expire
    WallTime last_used{};
    bool revoked = false;
    std::int64_t usage_limit = 0;  // 0: unlimited; one_off: 1
    std::int64_t used_times = 0;
    std::vector<Id> auto_groups;
    bool ephemeral = false;
    bool allow_extra_dns_labels = false;
    friend bool operator==(const SetupKey&, const SetupKey&) = default;
};

struct PeerFlags {  // network-map §2.6
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
    friend bool operator==(const PeerStatus&, const PeerStatus&) = default;
};

struct Group {
    Id id;
    std::string name;  // "All" is the group of every peer
    std::string issued = "api";
    std::set<PeerId> peers;
    friend bool operator==(const Group&, const Group&) = default;
};

struct PolicyRule {
    Id id;
    std::string name, description;
    bool enabled = true;
    bool bidirectional = true;
    std::string action = "accept";          // accept | drop
    std::string protocol = "all";           // all | tcp | udp | icmp | netbird-ssh
    std::vector<Id> sources, destinations;  // group ids
    friend bool operator==(const PolicyRule&, const PolicyRule&) = default;
};

struct Policy {
    Id id;
    std::string name, description;
    bool enabled = true;
    std::vector<PolicyRule> rules;
    friend bool operator==(const Policy&, const Policy&) = default;
};

// Entities by id, shared between snapshots: changing one entity copies the index, not the entities. The one
// place to swap in a persistent tree when accounts grow.
template <class T>
class Collection {
public:
    using Map = std::map<Id, std::shared_ptr<const T>, std::less<>>;

    const T* find(std::string_view id) const {
        const auto it = map_->find(id);
        return it == map_->end() ? nullptr : it->second.get();
    }
    std::size_t size() const { return map_->size(); }
    auto begin() const { return map_->begin(); }
    auto end() const { return map_->end(); }

    [[nodiscard]] Collection with(const Id& id, std::shared_ptr<const T> value) const {
        auto copy = std::make_shared<Map>(*map_);
        (*copy)[id] = std::move(value);
        return Collection(std::move(copy));
    }
    [[nodiscard]] Collection without(std::string_view id) const {
        auto copy = std::make_shared<Map>(*map_);
        if (const auto it = copy->find(id); it != copy->end()) copy->erase(it);
        return Collection(std::move(copy));
    }

    Collection() : map_(std::make_shared<Map>()) {}
    explicit Collection(Map entities) : map_(std::make_shared<Map>(std::move(entities))) {}

    // The very same index, not only an equal one: nothing that is derived from it can differ.
    bool shares_with(const Collection& other) const { return map_ == other.map_; }

    friend bool operator==(const Collection& a, const Collection& b) {
        if (a.map_ == b.map_) return true;
        if (a.size() != b.size()) return false;
        for (auto i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j)
            if (i->first != j->first || !(*i->second == *j->second)) return false;
        return true;
    }

private:
    explicit Collection(std::shared_ptr<const Map> map) : map_(std::move(map)) {}
    std::shared_ptr<const Map> map_;
};

// One consistent state of an account. Immutable once shared; replaced, never changed.
struct AccountState {
    AccountId id;
    UserId created_by;
    WallTime created_at{};
    std::string domain = "netbird.selfhosted";
    std::string domain_category = "private";
    Network network;
    Settings settings;
    std::uint64_t serial = 0;  // +1 with every map-affecting commit
    CommitId commit{};         // of the change that made this state

    Collection<User> users;
    Collection<AccessToken> tokens;
    Collection<SetupKey> setup_keys;
    Collection<Peer> peers;
    Collection<PeerStatus> statuses;  // by peer id
    Collection<Group> groups;
    Collection<Policy> policies;

    friend bool operator==(const AccountState&, const AccountState&) = default;
};

using Snapshot = std::shared_ptr<const AccountState>;

}  // namespace rookery::management
