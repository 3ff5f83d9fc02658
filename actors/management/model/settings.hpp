// An account's settings (network-map §2.3) and its DNS settings (§2.12).
#pragma once

#include <optional>
#include <vector>

#include "actors/core/ip.hpp"
#include "actors/management/model/ids.hpp"

namespace rookery::management {

struct OverlayNetwork {  // the addresses of an account's peers (§2.2)
    Id id;
    core::Prefix4 net;                    // a /16 of 100.64.0.0/10 for new accounts
    std::optional<core::Prefix6> net_v6;  // fd…/64
    friend bool operator==(const OverlayNetwork&, const OverlayNetwork&) = default;
};

struct ExtraSettings {
    bool peer_approval_enabled = false;
    bool user_approval_required = true;
    bool network_traffic_logs_enabled = false;
    std::vector<Id> network_traffic_logs_groups;
    bool network_traffic_packet_counter_enabled = false;
    friend bool operator==(const ExtraSettings&, const ExtraSettings&) = default;
};

struct Settings {  // durations in seconds
    bool peer_login_expiration_enabled = true;
    std::int64_t peer_login_expiration = 86'400;
    bool peer_inactivity_expiration_enabled = false;
    std::int64_t peer_inactivity_expiration = 600;
    bool regular_users_view_blocked = true;
    bool groups_propagation_enabled = true;
    bool jwt_groups_enabled = false;
    std::string jwt_groups_claim_name;
    std::vector<std::string> jwt_allow_groups;  // names
    bool routing_peer_dns_resolution_enabled = true;
    bool lazy_connection_enabled = true;
    std::string dns_domain;  // empty: the server's
    // Set by an administrator; what is in use stands in OverlayNetwork.
    std::optional<core::Prefix4> network_range;
    std::optional<core::Prefix6> network_range_v6;
    std::vector<Id> ipv6_enabled_groups;
    bool peer_expose_enabled = false;
    std::vector<Id> peer_expose_groups;
    std::string auto_update_version = "disabled";
    bool auto_update_always = false;
    bool metrics_push_enabled = false;
    bool agent_network_only = false;
    std::optional<bool> agent_network_feature;  // dashboard_features.agent_network
    bool local_mfa_enabled = false;
    ExtraSettings extra;
    friend bool operator==(const Settings&, const Settings&) = default;
};

struct Onboarding {  // steps that the dashboard shows to a new owner
    bool flow_pending = false;
    bool signup_form_pending = false;
    friend bool operator==(const Onboarding&, const Onboarding&) = default;
};

struct DnsSettings {
    std::vector<Id> disabled_management_groups;  // their peers get no DNS configuration
    friend bool operator==(const DnsSettings&, const DnsSettings&) = default;
};

}  // namespace rookery::management
