// Routes of the classic kind (rest-api §6.11).
#pragma once

#include "adapters/rest/resource.hpp"

namespace rookery::adapters::rest {

struct Routes : Defaults {
    using Entity = management::Route;
    static constexpr bool found_before_read = true;
    static core::Error missing(const std::string& id) { return not_found("route", id); }
    static Json encode(const management::AccountState& account, const management::Route& route);
    static management::CreateRoute create(Body& body, const Call& call, const std::string& id);
    static management::UpdateRoute update(Body& body, const Call& call, const std::string& id);
    static management::DeleteRoute remove(const Call&, const std::string& id) { return {id}; }
};

}  // namespace rookery::adapters::rest
