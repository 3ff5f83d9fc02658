// Keys that peers without a user register with (network-map §2.5).
#pragma once

#include <vector>

#include "actors/management/model/ids.hpp"

namespace rookery::management {

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

}  // namespace rookery::management
