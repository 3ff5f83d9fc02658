#include "adapters/rest/policies.hpp"

#include "adapters/rest/groups.hpp"

namespace rookery::adapters::rest {

namespace {

using management::AccountState;

std::optional<management::ResourceRef> read_ref(Body& rule, const char* name) {
    auto ref = rule.object(name);
    if (!ref) return std::nullopt;
    return management::ResourceRef{ref->text("id"), ref->text("type")};
}

management::PolicyRuleFields read_rule(Body& body, const Call& call) {
    management::PolicyRuleFields rule;
    rule.id = body.optional_text("id");
    rule.fresh_id = call.new_id();
    rule.name = body.text("name");
    rule.description = body.text("description");
    rule.enabled = body.flag("enabled");
    rule.bidirectional = body.flag("bidirectional");
    rule.action = body.text("action");
    rule.protocol = body.text("protocol");
    rule.sources = body.optional_texts("sources");
    rule.destinations = body.optional_texts("destinations");
    rule.source_resource = read_ref(body, "sourceResource");
    rule.destination_resource = read_ref(body, "destinationResource");
    rule.ports = body.texts("ports");
    for (auto& range : body.objects("port_ranges").value_or(std::vector<Body>{}))
        rule.port_ranges.push_back({range.small_integer("start"), range.small_integer("end")});
    rule.authorized_groups = body.lists_of_texts("authorized_groups");
    return rule;
}

management::PolicyFields read_fields(Body& body, const Call& call) {
    management::PolicyFields fields;
    fields.name = body.text("name");
    fields.description = body.text("description");
    fields.enabled = body.flag("enabled");
    fields.source_posture_checks = body.texts("source_posture_checks");
    for (auto& rule : body.objects("rules").value_or(std::vector<Body>{}))
        fields.rules.push_back(read_rule(rule, call));
    return fields;
}

Json rule_json(const AccountState& account, const management::PolicyRule& rule) {
    Json json{{"id", rule.id},
              {"name", rule.name},
              {"description", rule.description},
              {"enabled", rule.enabled},
              {"action", rule.action},
              {"protocol", rule.protocol},
              {"bidirectional", rule.bidirectional},
              {"sources", group_minimums_json(account, rule.sources)},
              {"destinations", group_minimums_json(account, rule.destinations)}};
    if (rule.source_resource) json["sourceResource"] = resource_ref_json(*rule.source_resource);
    if (rule.destination_resource) json["destinationResource"] = resource_ref_json(*rule.destination_resource);
    put_unless_empty(json, "ports", rule.ports);
    for (const auto& range : rule.port_ranges)
        json["port_ranges"].push_back({{"start", range.start}, {"end", range.end}});
    put_unless_empty(json, "authorized_groups", rule.authorized_groups);
    return json;
}

}  // namespace

Json Policies::encode(const AccountState& account, const management::Policy& policy) {
    Json rules = Json::array();
    for (const auto& rule : policy.rules) rules.push_back(rule_json(account, rule));
    return {{"id", policy.id},
            {"name", policy.name},
            {"description", policy.description},
            {"enabled", policy.enabled},
            {"rules", std::move(rules)},
            {"source_posture_checks", policy.source_posture_checks}};
}

management::CreatePolicy Policies::create(Body& body, const Call& call, const std::string& id) {
    return {id, read_fields(body, call)};
}

management::UpdatePolicy Policies::update(Body& body, const Call& call, const std::string& id) {
    return {id, read_fields(body, call)};
}

}  // namespace rookery::adapters::rest
