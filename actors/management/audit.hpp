// The audit trail's vocabulary (rest-api §8): numbers are permanent and shared with dashboards.
#pragma once

#include "actors/management/commands.hpp"

namespace rookery::management {

namespace activity {
inline constexpr int peer_added_with_setup_key = 1;
inline constexpr int account_created = 4;
inline constexpr int peer_deleted = 5;
inline constexpr int setup_key_created = 12;
inline constexpr int setup_key_revoked = 14;
inline constexpr int group_added_to_setup_key = 23;
inline constexpr int group_removed_from_setup_key = 24;
inline constexpr int peer_ssh_enabled = 30;
inline constexpr int peer_ssh_disabled = 31;
inline constexpr int peer_renamed = 32;
inline constexpr int peer_login_expiration_enabled = 33;
inline constexpr int peer_login_expiration_disabled = 34;
inline constexpr int access_token_created = 41;
inline constexpr int peer_inactivity_expiration_enabled = 63;
inline constexpr int peer_inactivity_expiration_disabled = 64;
inline constexpr int setup_key_deleted = 68;
inline constexpr int peer_ip_updated = 88;
}  // namespace activity

using EventMeta = std::map<std::string, std::string>;

// Names are those of `account`, so of the state in which `peer` is still known.
EventMeta peer_event_meta(const AccountState& account, const Peer& peer, const Rules& rules);

EventMeta setup_key_event_meta(const SetupKey& key);

const char* to_string(SetupKeyType type);

// What the store writes together with a new account.
AuditEvent account_created_event(const AccountState& account);

}  // namespace rookery::management
