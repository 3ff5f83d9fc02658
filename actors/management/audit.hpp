// The audit trail's vocabulary (rest-api §8): numbers are permanent and shared with dashboards.
#pragma once

#include "actors/management/commands.hpp"

namespace rookery::management {

namespace activity {
inline constexpr int peer_added_with_setup_key = 1;
inline constexpr int account_created = 4;
inline constexpr int peer_deleted = 5;
inline constexpr int policy_created = 9;
inline constexpr int policy_updated = 10;
inline constexpr int policy_deleted = 11;
inline constexpr int setup_key_created = 12;
inline constexpr int setup_key_revoked = 14;
inline constexpr int group_created = 16;
inline constexpr int group_renamed = 17;
inline constexpr int group_added_to_peer = 18;
inline constexpr int group_removed_from_peer = 19;
inline constexpr int group_added_to_user = 20;
inline constexpr int group_removed_from_user = 21;
inline constexpr int user_role_updated = 22;
inline constexpr int group_added_to_setup_key = 23;
inline constexpr int group_removed_from_setup_key = 24;
inline constexpr int dns_management_disabled_for_group = 25;
inline constexpr int dns_management_enabled_for_group = 26;
inline constexpr int route_created = 27;
inline constexpr int route_deleted = 28;
inline constexpr int route_updated = 29;
inline constexpr int peer_ssh_enabled = 30;
inline constexpr int peer_ssh_disabled = 31;
inline constexpr int peer_renamed = 32;
inline constexpr int peer_login_expiration_enabled = 33;
inline constexpr int peer_login_expiration_disabled = 34;
inline constexpr int name_server_group_created = 35;
inline constexpr int name_server_group_deleted = 36;
inline constexpr int name_server_group_updated = 37;
inline constexpr int login_expiration_enabled = 38;
inline constexpr int login_expiration_disabled = 39;
inline constexpr int login_expiration_updated = 40;
inline constexpr int access_token_created = 41;
inline constexpr int access_token_deleted = 42;
inline constexpr int service_user_created = 43;
inline constexpr int service_user_deleted = 44;
inline constexpr int user_blocked = 45;
inline constexpr int user_unblocked = 46;
inline constexpr int user_deleted = 47;
inline constexpr int group_deleted = 48;
inline constexpr int peer_approval_enabled = 55;
inline constexpr int peer_approval_disabled = 56;
inline constexpr int peer_approved = 57;
inline constexpr int owner_role_transferred = 59;
inline constexpr int posture_check_created = 60;
inline constexpr int posture_check_updated = 61;
inline constexpr int posture_check_deleted = 62;
inline constexpr int peer_inactivity_expiration_enabled = 63;
inline constexpr int peer_inactivity_expiration_disabled = 64;
inline constexpr int inactivity_expiration_enabled = 65;
inline constexpr int inactivity_expiration_disabled = 66;
inline constexpr int inactivity_expiration_updated = 67;
inline constexpr int setup_key_deleted = 68;
inline constexpr int group_propagation_enabled = 69;
inline constexpr int group_propagation_disabled = 70;
inline constexpr int routing_peer_dns_resolution_enabled = 71;
inline constexpr int routing_peer_dns_resolution_disabled = 72;
inline constexpr int network_created = 73;
inline constexpr int network_updated = 74;
inline constexpr int network_deleted = 75;
inline constexpr int network_resource_created = 76;
inline constexpr int network_resource_updated = 77;
inline constexpr int network_resource_deleted = 78;
inline constexpr int network_router_created = 79;
inline constexpr int network_router_updated = 80;
inline constexpr int network_router_deleted = 81;
inline constexpr int resource_added_to_group = 82;
inline constexpr int resource_removed_from_group = 83;
inline constexpr int dns_domain_updated = 84;
inline constexpr int lazy_connection_enabled = 85;
inline constexpr int lazy_connection_disabled = 86;
inline constexpr int network_range_updated = 87;
inline constexpr int peer_ip_updated = 88;
inline constexpr int user_approved = 89;
inline constexpr int user_rejected = 90;
inline constexpr int user_created = 91;
inline constexpr int auto_update_version_updated = 92;
inline constexpr int zone_created = 96;
inline constexpr int zone_updated = 97;
inline constexpr int zone_deleted = 98;
inline constexpr int zone_record_created = 99;
inline constexpr int zone_record_updated = 100;
inline constexpr int zone_record_deleted = 101;
inline constexpr int peer_expose_enabled = 114;
inline constexpr int peer_expose_disabled = 115;
inline constexpr int auto_update_always_enabled = 116;
inline constexpr int auto_update_always_disabled = 117;
inline constexpr int ipv6_enabled = 121;
inline constexpr int ipv6_disabled = 122;
inline constexpr int local_mfa_enabled = 123;
inline constexpr int local_mfa_disabled = 124;
inline constexpr int metrics_push_enabled = 140;
inline constexpr int metrics_push_disabled = 141;
}  // namespace activity

using EventMeta = std::map<std::string, std::string>;

// Names are those of `account`, so of the state in which `peer` is still known.
EventMeta peer_event_meta(const AccountState& account, const Peer& peer, const Rules& rules);

// A peer that enters or leaves `group`.
EventMeta membership_event_meta(const AccountState& account, const Group& group, const Peer& peer, const Rules& rules);

std::string event_time(WallTime time);

EventMeta setup_key_event_meta(const SetupKey& key);

const char* to_string(SetupKeyType type);

// What the store writes together with a new account.
AuditEvent account_created_event(const AccountState& account);

}  // namespace rookery::management
