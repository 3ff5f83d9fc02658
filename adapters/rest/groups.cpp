#include "adapters/rest/groups.hpp"

namespace rookery::adapters::rest {

namespace {

using management::AccountState;
using management::Group;

// A dashboard sends ids alone in one place: their type is that of the resource.
std::string type_of(const AccountState& account, const std::string& id) {
    const auto* resource = account.network_resources.find(id);
    if (!resource) return account.peers.find(id) ? "peer" : "";
    switch (resource->type) {
        case management::ResourceType::host: return "host";
        case management::ResourceType::subnet: return "subnet";
        case management::ResourceType::domain: return "domain";
    }
    return "";
}

management::GroupFields read_fields(Body& body, const AccountState& account) {
    management::GroupFields fields;
    fields.name = body.text("name");
    fields.peers = body.texts("peers");
    for (auto& item : body.objects("resources", "id").value_or(std::vector<Body>{})) {
        management::ResourceRef ref{item.text("id"), item.text("type")};
        if (ref.type.empty()) ref.type = type_of(account, ref.id);
        fields.resources.push_back(std::move(ref));
    }
    return fields;
}

}  // namespace

Json group_minimum_json(const Group& group) {
    return {{"id", group.id},
            {"name", group.name},
            {"peers_count", group.peers.size()},
            {"resources_count", group.resources.size()}};
}

Json group_minimums_json(const AccountState& account, const std::vector<management::Id>& ids) {
    Json list = Json::array();
    for (const auto& id : ids)
        if (const auto* group = account.groups.find(id)) list.push_back(group_minimum_json(*group));
    return list;
}

Json resource_ref_json(const management::ResourceRef& ref) {
    return {{"id", ref.id}, {"type", ref.type}};
}

Json Groups::encode(const AccountState& account, const Group& group) {
    Json peers = Json::array(), resources = Json::array();
    for (const auto& id : group.peers)
        if (const auto* peer = account.peers.find(id)) peers.push_back({{"id", peer->id}, {"name", peer->name}});
    for (const auto& ref : group.resources) resources.push_back(resource_ref_json(ref));
    Json json{{"id", group.id},
              {"name", group.name},
              {"peers_count", peers.size()},
              {"resources_count", resources.size()},
              {"peers", std::move(peers)},
              {"resources", std::move(resources)}};
    put_unless_empty(json, "issued", group.issued);
    return json;
}

management::CreateGroup Groups::create(Body& body, const Call& call, const std::string& id) {
    return {id, read_fields(body, *call.account)};
}

management::UpdateGroup Groups::update(Body& body, const Call& call, const std::string& id) {
    return {id, read_fields(body, *call.account)};
}

void list_groups(const Call& call) {
    if (!call.permitted()) return;
    const auto name = call.request->query_value("name").value_or("");
    Json list = Json::array();
    for (const auto& [id, group] : call.account->groups)
        if (name.empty() || group->name == name) list.push_back(Groups::encode(*call.account, *group));
    if (!name.empty() && list.empty()) return call.answer.error(Groups::missing(name));
    call.answer.json(list);
}

void delete_group(const Call& call) {
    if (!call.permitted()) return;
    const management::DeleteGroup command{call.path_value()};
    call.context->api.execute(
        call.caller.account, {command, {call.caller.user}},
        core::Reply<management::Committed>([answer = call.answer](core::Result<management::Committed> done) {
            answer.guarded([&] {
                if (done) return answer.json(Json::object());
                if (done.error().kind == core::ErrorKind::bad_request)
                    return answer(error_answer(400, done.error().message));
                answer.error(done.error());
            });
        }));
}

}  // namespace rookery::adapters::rest
