// Forms of ids, keys and tokens (rest-api §3.3, §6.7; management-grpc §H.6; config-ops §15.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/core/clock.hpp"
#include "actors/core/crypto.hpp"
#include "actors/management/commands.hpp"
#include "config/secret.hpp"

namespace rookery::management {

// 20 characters base32hex: 4 bytes Unix seconds, 8 random bytes.
std::string new_xid(core::WallTime now, const core::Crypto& crypto);
std::string new_uuid(const core::Crypto& crypto);  // version 4, lower case

// Everything of a new account that is drawn at random: ids, its owner's too, and networks (network-map §2.2).
NewAccount new_account(std::string owner_name, std::string owner_email, core::WallTime now, const core::Crypto& crypto);

config::Secret new_access_token(const core::Crypto& crypto);  // "nbp_" + 30 + 6
bool well_formed_access_token(std::string_view token);        // length, prefix, checksum
std::string hash_access_token(std::string_view token, const core::Crypto& crypto);

config::Secret new_setup_key(const core::Crypto& crypto);                      // upper-case UUID
std::string hash_setup_key(std::string_view key, const core::Crypto& crypto);  // any case
std::string mask_setup_key(std::string_view key);

// Of a new local user. It is drawn at random, so a fast hash keeps it as well as a slow one: "sha256:" + base64.
config::Secret new_password(const core::Crypto& crypto);
std::string hash_new_password(std::string_view password, const core::Crypto& crypto);

// 32 bytes from base64 as Go decodes it, re-encoded; nullopt if it is not a key (management-grpc §B.1).
std::optional<std::string> canonical_public_key(std::string_view text);

}  // namespace rookery::management
