// Commands about policies and posture checks.
#pragma once

#include <optional>

#include "actors/management/model.hpp"

namespace rookery::management {

// rest-api §6.8. What is absent in a request and what is empty differ: a list that is there, though empty, excludes
// the resource of its side.
struct PolicyRuleFields {
    std::optional<Id> id;  // of a rule of the stored policy
    Id fresh_id;           // new; for a rule without an id that is not the policy's first
    std::string name, description;
    bool enabled = true;
    bool bidirectional = false;
    std::string action, protocol;
    std::optional<std::vector<Id>> sources, destinations;
    std::optional<ResourceRef> source_resource, destination_resource;
    std::vector<std::string> ports;
    std::vector<PortRange> port_ranges;
    std::map<Id, std::vector<std::string>> authorized_groups;
    UserId authorized_user;  // set by temporary access only
};
struct PolicyFields {
    std::string name, description;
    bool enabled = true;
    std::vector<PolicyRuleFields> rules;
    std::vector<Id> source_posture_checks;  // unknown ones are dropped
};
struct CreatePolicy {
    Id id;  // new
    PolicyFields fields;
};
struct UpdatePolicy {
    Id id;
    PolicyFields fields;
};
struct DeletePolicy {
    Id id;
};

// rest-api §6.9. `check.id` is new, or that of the check to replace.
struct CreatePostureCheck {
    PostureCheck check;
};
struct UpdatePostureCheck {
    PostureCheck check;
};
struct DeletePostureCheck {
    Id id;
};

}  // namespace rookery::management
