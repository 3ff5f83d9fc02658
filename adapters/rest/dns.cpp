#include "adapters/rest/dns.hpp"

#include <algorithm>

namespace rookery::adapters::rest {

namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

management::NameServerGroup read_group(Body& body, const std::string& id) {
    management::NameServerGroup group;
    group.id = id;
    group.name = body.text("name");
    group.description = body.text("description");
    for (auto& server : body.objects("nameservers").value_or(std::vector<Body>{}))
        group.servers.push_back({server.text("ip"), lower(server.text("ns_type")), server.small_integer("port")});
    group.groups = body.texts("groups");
    group.primary = body.flag("primary");
    group.domains = body.texts("domains");
    group.search_domains_enabled = body.flag("search_domains_enabled");
    group.enabled = body.flag("enabled");
    return group;
}

Json settings_json(const management::AccountState& account) {
    return {{"disabled_management_groups", account.dns_settings.disabled_management_groups}};
}

}  // namespace

Json NameServerGroups::encode(const management::AccountState&, const management::NameServerGroup& group) {
    Json servers = Json::array();
    for (const auto& server : group.servers)
        servers.push_back({{"ip", server.ip}, {"ns_type", server.type}, {"port", server.port}});
    return {{"id", group.id},
            {"name", group.name},
            {"description", group.description},
            {"nameservers", std::move(servers)},
            {"enabled", group.enabled},
            {"groups", group.groups},
            {"primary", group.primary},
            {"domains", group.domains},
            {"search_domains_enabled", group.search_domains_enabled}};
}

management::CreateNameServerGroup NameServerGroups::create(Body& body, const Call&, const std::string& id) {
    return {read_group(body, id)};
}

management::UpdateNameServerGroup NameServerGroups::update(Body& body, const Call&, const std::string& id) {
    return {read_group(body, id)};
}

void get_dns_settings(const Call& call) {
    if (call.permitted()) call.answer.json(settings_json(*call.account));
}

void update_dns_settings(const Call& call) {
    Body body(call.request->body);
    management::UpdateDnsSettings command{body.optional_texts("disabled_management_groups")};
    if (!body.ok()) return call.answer(unreadable_body());
    if (!call.permitted()) return;
    call.execute(std::move(command),
                 [call](const management::Committed& committed) { call.answer.json(settings_json(*committed.state)); });
}

}  // namespace rookery::adapters::rest
