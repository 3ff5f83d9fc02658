#include "adapters/rest/accounts.hpp"

#include "actors/management/secrets.hpp"
#include "adapters/rest/resource.hpp"

namespace rookery::adapters::rest {

namespace {

using management::AccountState;
using management::Settings;

Json extra_json(const management::ExtraSettings& extra) {
    return {{"peer_approval_enabled", extra.peer_approval_enabled},
            {"user_approval_required", extra.user_approval_required},
            {"network_traffic_logs_enabled", extra.network_traffic_logs_enabled},
            {"network_traffic_logs_groups", extra.network_traffic_logs_groups},
            {"network_traffic_packet_counter_enabled", extra.network_traffic_packet_counter_enabled}};
}

Json settings_json(const Settings& settings) {
    Json json{{"peer_login_expiration_enabled", settings.peer_login_expiration_enabled},
              {"peer_login_expiration", settings.peer_login_expiration},
              {"peer_inactivity_expiration_enabled", settings.peer_inactivity_expiration_enabled},
              {"peer_inactivity_expiration", settings.peer_inactivity_expiration},
              {"regular_users_view_blocked", settings.regular_users_view_blocked},
              {"groups_propagation_enabled", settings.groups_propagation_enabled},
              {"jwt_groups_enabled", settings.jwt_groups_enabled},
              {"jwt_groups_claim_name", settings.jwt_groups_claim_name},
              {"jwt_allow_groups", settings.jwt_allow_groups},
              {"routing_peer_dns_resolution_enabled", settings.routing_peer_dns_resolution_enabled},
              {"lazy_connection_enabled", settings.lazy_connection_enabled},
              {"dns_domain", settings.dns_domain},
              {"ipv6_enabled_groups", settings.ipv6_enabled_groups},
              {"peer_expose_enabled", settings.peer_expose_enabled},
              {"peer_expose_groups", settings.peer_expose_groups},
              {"auto_update_version", settings.auto_update_version},
              {"auto_update_always", settings.auto_update_always},
              {"metrics_push_enabled", settings.metrics_push_enabled},
              {"agent_network_only", settings.agent_network_only},
              {"local_mfa_enabled", settings.local_mfa_enabled},
              {"local_auth_disabled", false},
              {"embedded_idp_enabled", false},  // there is none yet
              {"extra", extra_json(settings.extra)}};
    if (settings.agent_network_feature)
        json["dashboard_features"] = {{"agent_network", *settings.agent_network_feature}};
    if (settings.network_range) json["network_range"] = to_string(*settings.network_range);
    if (settings.network_range_v6) json["network_range_v6"] = to_string(*settings.network_range_v6);
    return json;
}

Json account_json(const AccountState& account) {
    return {{"id", account.id},
            {"created_at", timestamp(account.created_at)},
            {"created_by", account.created_by},
            {"domain", account.domain},
            {"domain_category", account.domain_category},
            {"settings", settings_json(account.settings)},
            {"onboarding",
             {{"signup_form_pending", account.onboarding.signup_form_pending},
              {"onboarding_flow_pending", account.onboarding.flow_pending}}}};
}

management::ExtraSettings read_extra(Body& body) {
    management::ExtraSettings extra;
    extra.peer_approval_enabled = body.flag("peer_approval_enabled");
    extra.user_approval_required = body.flag("user_approval_required");
    extra.network_traffic_logs_enabled = body.flag("network_traffic_logs_enabled");
    extra.network_traffic_logs_groups = body.texts("network_traffic_logs_groups");
    extra.network_traffic_packet_counter_enabled = body.flag("network_traffic_packet_counter_enabled");
    return extra;
}

Settings read_settings(Body& body) {
    Settings settings;
    settings.peer_login_expiration_enabled = body.flag("peer_login_expiration_enabled");
    settings.peer_login_expiration = body.integer("peer_login_expiration");
    settings.peer_inactivity_expiration_enabled = body.flag("peer_inactivity_expiration_enabled");
    settings.peer_inactivity_expiration = body.integer("peer_inactivity_expiration");
    settings.regular_users_view_blocked = body.flag("regular_users_view_blocked");
    settings.groups_propagation_enabled = body.flag("groups_propagation_enabled");
    settings.jwt_groups_enabled = body.flag("jwt_groups_enabled");
    settings.jwt_groups_claim_name = body.text("jwt_groups_claim_name");
    settings.jwt_allow_groups = body.texts("jwt_allow_groups");
    settings.routing_peer_dns_resolution_enabled = body.flag("routing_peer_dns_resolution_enabled");
    settings.lazy_connection_enabled = body.flag("lazy_connection_enabled");
    settings.dns_domain = body.text("dns_domain");
    settings.ipv6_enabled_groups = body.texts("ipv6_enabled_groups");
    settings.peer_expose_enabled = body.flag("peer_expose_enabled");
    settings.peer_expose_groups = body.texts("peer_expose_groups");
    settings.auto_update_version = body.text("auto_update_version");
    settings.auto_update_always = body.flag("auto_update_always");
    settings.metrics_push_enabled = body.flag("metrics_push_enabled");
    settings.agent_network_only = body.flag("agent_network_only");
    settings.local_mfa_enabled = body.flag("local_mfa_enabled");
    if (auto features = body.object("dashboard_features"))
        settings.agent_network_feature = features->optional_flag("agent_network");
    return settings;
}

management::UpdateSettings read_command(Body& body) {
    auto settings = body.object("settings").value_or(Body("{}"));  // absent: everything is zero
    management::UpdateSettings command;
    command.settings = read_settings(settings);
    command.network_range = settings.optional_text("network_range");
    command.network_range_v6 = settings.optional_text("network_range_v6");
    if (auto extra = settings.object("extra")) command.extra = read_extra(*extra);
    if (auto onboarding = body.object("onboarding"))
        command.onboarding = management::Onboarding{onboarding->flag("onboarding_flow_pending"),
                                                    onboarding->flag("signup_form_pending")};
    return command;
}

}  // namespace

void list_accounts(const Call& call) {
    if (!call.permitted() || !call.permitted("settings", Operation::read)) return;
    auto json = account_json(*call.account);
    // What is in use, where nothing was set.
    auto& settings = json["settings"];
    const auto& network = call.account->network;
    if (!settings.contains("network_range")) settings["network_range"] = to_string(network.net);
    if (!settings.contains("network_range_v6") && network.net_v6)
        settings["network_range_v6"] = to_string(*network.net_v6);
    call.answer.json(Json::array({std::move(json)}));
}

void update_account(const Call& call) {
    Body body(call.request->body);
    auto command = read_command(body);
    if (!body.ok()) return call.answer(unreadable_body());
    if (call.path_value() != call.account->id)
        return call.answer.error(
            cannot_evaluate({core::ErrorKind::permission_denied, "user is not part of this account"}));
    if (!call.permitted() || !call.permitted("accounts", Operation::read)) return;
    const auto& crypto = call.context->crypto;
    command.fresh_net_v6 = management::new_account({}, {}, call.context->clock(), crypto).net_v6;
    call.execute(std::move(command),
                 [call](const management::Committed& committed) { call.answer.json(account_json(*committed.state)); });
}

}  // namespace rookery::adapters::rest
