// Policies and posture checks (rest-api §6.8, §6.9).
#pragma once

#include "adapters/rest/absent_features.hpp"
#include "adapters/rest/resource.hpp"

namespace rookery::adapters::rest {

struct Policies : Defaults {
    using Entity = management::Policy;
    static constexpr bool found_before_read = true;
    static core::Error missing(const std::string& id) { return not_found("policy", id); }
    static Json encode(const management::AccountState& account, const management::Policy& policy);
    static management::CreatePolicy create(Body& body, const Call& call, const std::string& id);
    static management::UpdatePolicy update(Body& body, const Call& call, const std::string& id);
    static management::DeletePolicy remove(const Call&, const std::string& id) { return {id}; }
};

struct PostureChecks : Defaults {
    using Entity = management::PostureCheck;
    static constexpr bool found_before_read = true;
    static core::Error missing(const std::string& id) { return not_found("posture checks", id); }
    static Json encode(const management::AccountState& account, const management::PostureCheck& check);
    static management::CreatePostureCheck create(Body& body, const Call& call, const std::string& id);
    static management::UpdatePostureCheck update(Body& body, const Call& call, const std::string& id);
    template <class Command>
    static std::optional<core::Error> refusal(const Command& command) {
        if (!command.check.location) return std::nullopt;
        return without_geo_database();
    }
    static management::DeletePostureCheck remove(const Call&, const std::string& id) { return {id}; }
};

}  // namespace rookery::adapters::rest
