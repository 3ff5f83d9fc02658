// Groups (rest-api §6.6).
#pragma once

#include "adapters/rest/resource.hpp"

namespace rookery::adapters::rest {

Json group_minimum_json(const management::Group& group);
// The groups of `ids` that exist.
Json group_minimums_json(const management::AccountState& account, const std::vector<management::Id>& ids);
Json resource_ref_json(const management::ResourceRef& ref);

struct Groups : Defaults {
    using Entity = management::Group;
    static constexpr bool found_before_read = true;
    static core::Error missing(const std::string& id) { return not_found("group", id); }
    static Json encode(const management::AccountState& account, const management::Group& group);
    static management::CreateGroup create(Body& body, const Call& call, const std::string& id);
    static management::UpdateGroup update(Body& body, const Call& call, const std::string& id);
    static management::DeleteGroup remove(const Call&, const std::string& id) { return {id}; }
};

void list_groups(const Call& call);   // GET /groups?name=
void delete_group(const Call& call);  // DELETE /groups/{}; what keeps it is told with its case kept

}  // namespace rookery::adapters::rest
