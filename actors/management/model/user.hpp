// People, service users and their tokens (network-map §2.4).
#pragma once

#include <vector>

#include "actors/management/model/ids.hpp"

namespace rookery::management {

enum class Role { owner, admin, network_admin, auditor, user, billing_admin };

struct User {
    UserId id;
    Role role = Role::user;
    bool service_user = false;   // has tokens, cannot log in
    bool non_deletable = false;  // service users only
    std::string name;            // encrypted at rest
    std::string email;           // encrypted at rest
    std::string password_hash;   // of local users; encrypted at rest. Empty: cannot log in by password
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

}  // namespace rookery::management
