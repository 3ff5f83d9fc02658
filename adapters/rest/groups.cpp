#include "adapters/rest/groups.hpp"

#include "adapters/rest/permissions.hpp"

namespace rookery::adapters::rest {

Json group_minimum_json(const management::Group& group) {
    return {{"id", group.id}, {"name", group.name}, {"peers_count", group.peers.size()}, {"resources_count", 0}};
}

Json group_json(const management::AccountState& account, const management::Group& group) {
    Json peers = Json::array();
    for (const auto& id : group.peers)
        if (const auto* peer = account.peers.find(id)) peers.push_back({{"id", peer->id}, {"name", peer->name}});
    Json json{{"id", group.id},       {"name", group.name},        {"peers_count", peers.size()},
              {"resources_count", 0}, {"peers", std::move(peers)}, {"resources", Json::array()}};
    if (!group.issued.empty()) json["issued"] = group.issued;
    return json;
}

void list_groups(const Call& call) {
    const auto& account = *call.account;
    if (const auto ok = require_unprefixed(account, call.caller.user, "groups", Operation::read); !ok)
        return call.answer.error(ok.error());
    const auto name = call.request->query_value("name").value_or("");
    Json list = Json::array();
    for (const auto& [id, group] : account.groups)
        if (name.empty() || group->name == name) list.push_back(group_json(account, *group));
    if (!name.empty() && list.empty())
        return call.answer.error({core::ErrorKind::not_found, "group: " + name + " not found"});
    call.answer.json(list);
}

}  // namespace rookery::adapters::rest
