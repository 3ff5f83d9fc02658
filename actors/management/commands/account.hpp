// Commands about the account itself: settings, users and their tokens.
#pragma once

#include <optional>

#include "actors/management/model.hpp"

namespace rookery::management {

// rest-api §6.1 PUT /accounts/{id}: replaces all settings. Ranges are as given; absent ones clear the override and
// leave the addresses as they are.
struct UpdateSettings {
    Settings settings;  // but for what follows
    std::optional<std::string> network_range, network_range_v6;
    std::optional<ExtraSettings> extra;    // absent: kept
    std::optional<Onboarding> onboarding;  // absent: kept
    core::Prefix6 fresh_net_v6;            // random fd…/64, for an account that has no IPv6 network yet
};

// rest-api §6.2 POST /users. Local users are created with their password's hash.
struct CreateUser {
    UserId id;  // new
    std::string email, name;
    std::string role;
    std::vector<Id> auto_groups;
    bool service_user = false;
    std::string password_hash;
};

struct UpdateUser {
    UserId id;
    std::string role;
    std::optional<std::vector<Id>> auto_groups;  // absent: refused
    bool blocked = false;
};

struct DeleteUser {  // with tokens and peers
    UserId id;
};
struct ApproveUser {
    UserId id;
};
struct RejectUser {  // pending users: as DeleteUser
    UserId id;
};

// rest-api §6.3.
struct CreateAccessToken {
    Id id;  // new
    UserId user;
    std::string name;
    std::string hash;
    std::int64_t expires_in_days = 30;  // 1–365
};
struct DeleteAccessToken {
    Id id;
    UserId user;
};

}  // namespace rookery::management
