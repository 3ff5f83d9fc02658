#include "adapters/rest/peers.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "actors/management/network_map.hpp"
#include "adapters/rest/groups.hpp"
#include "adapters/rest/resource.hpp"

namespace rookery::adapters::rest {

namespace {

using management::AccountState;
using management::Group;
using management::Peer;

using GroupsOfPeers = std::map<management::PeerId, std::vector<const Group*>, std::less<>>;

// For a list: once through the groups instead of once per peer.
GroupsOfPeers groups_of_peers(const AccountState& account) {
    GroupsOfPeers out;
    for (const auto& [id, group] : account.groups)
        for (const auto& peer : group->peers) out[peer].push_back(group.get());
    return out;
}

std::vector<const Group*> groups_of(const AccountState& account, const Peer& peer) {
    std::vector<const Group*> out;
    for (const auto& [id, group] : account.groups)
        if (group->peers.contains(peer.id)) out.push_back(group.get());
    return out;
}

std::string joined(const std::string& label, const std::string& domain) {
    return label.empty() ? std::string() : label + "." + domain;
}

std::string domain_of(const AccountState& account, const std::string& default_domain) {
    return account.settings.dns_domain.empty() ? default_domain : account.settings.dns_domain;
}

const management::PeerStatus& status_of(const AccountState& account, const Peer& peer) {
    static const management::PeerStatus never_connected;
    const auto* found = account.statuses.find(peer.id);
    return found ? *found : never_connected;
}

Json local_flags(const management::PeerFlags& flags) {
    return {{"rosenpass_enabled", flags.rosenpass_enabled},
            {"rosenpass_permissive", flags.rosenpass_permissive},
            {"server_ssh_allowed", flags.server_ssh_allowed},
            {"disable_client_routes", flags.disable_client_routes},
            {"disable_server_routes", flags.disable_server_routes},
            {"disable_dns", flags.disable_dns},
            {"disable_firewall", flags.disable_firewall},
            {"block_lan_access", flags.block_lan_access},
            {"block_inbound", flags.block_inbound},
            {"lazy_connection_enabled", flags.lazy_connection_enabled}};
}

Json encode(const AccountState& account, const Peer& peer, const std::string& default_domain,
            const std::vector<const Group*>& groups) {
    const auto& status = status_of(account, peer);
    const auto domain = domain_of(account, default_domain);
    auto os = peer.meta.os;
    if (!peer.meta.os_version.empty()) os += " " + peer.meta.os_version;

    Json group_list = Json::array(), extra_labels = Json::array();
    for (const auto* group : groups) group_list.push_back(group_minimum_json(*group));
    for (const auto& label : peer.extra_dns_labels) extra_labels.push_back(joined(label, domain));

    Json json{{"id", peer.id},
              {"name", peer.name},
              {"created_at", timestamp(peer.created_at)},
              {"ip", to_string(peer.ip)},
              {"connection_ip", status.connection_ip},
              {"connected", status.connected},
              {"last_seen", timestamp(status.last_seen)},
              {"os", os},
              {"kernel_version", peer.meta.kernel_version},
              {"geoname_id", status.geoname_id},
              {"version", peer.meta.agent_version},
              {"groups", std::move(group_list)},
              {"ssh_enabled", peer.ssh_enabled},
              {"user_id", peer.user},
              {"hostname", peer.meta.hostname},
              {"ui_version", peer.meta.ui_version},
              {"dns_label", joined(peer.dns_label, domain)},
              {"login_expiration_enabled", peer.login_expiration_enabled},
              {"login_expired", status.login_expired},
              {"last_login", timestamp(peer.last_login)},
              {"inactivity_expiration_enabled", peer.inactivity_expiration_enabled},
              {"approval_required", peer.requires_approval},
              {"country_code", status.country_code},
              {"city_name", status.city_name},
              {"serial_number", peer.meta.serial_number},
              {"extra_dns_labels", std::move(extra_labels)},
              {"ephemeral", peer.ephemeral},
              {"local_flags", local_flags(peer.meta.flags)}};
    if (peer.ipv6) json["ipv6"] = to_string(*peer.ipv6);
    if (peer.requires_approval) json["disapproval_reason"] = "";
    return json;
}

bool contains_in_any_case(std::string_view text, std::string_view part) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::search(text.begin(), text.end(), part.begin(), part.end(),
                       [&](char a, char b) { return lower(a) == lower(b); }) != text.end() ||
           part.empty();
}

Json accessible_json(const AccountState& account, const Peer& peer, const std::string& default_domain) {
    const auto& status = status_of(account, peer);
    Json json{{"id", peer.id},
              {"name", peer.name},
              {"ip", to_string(peer.ip)},
              {"dns_label", joined(peer.dns_label, domain_of(account, default_domain))},
              {"user_id", peer.user},
              {"os", peer.meta.os},
              {"country_code", status.country_code},
              {"city_name", status.city_name},
              {"geoname_id", status.geoname_id},
              {"connected", status.connected},
              {"last_seen", timestamp(status.last_seen)}};
    if (peer.ipv6) json["ipv6"] = to_string(*peer.ipv6);
    return json;
}

// Those that stand in the peer's map.
Json accessible_peers(const Call& call, const Peer& peer) {
    management::Rules rules;
    rules.default_dns_domain = call.context->options.dns_domain;
    const auto view = management::compile(call.account, rules, nullptr);
    Json list = Json::array();
    for (const auto& id : management::accessible_peers(*view, *view->find(peer.id)))
        if (const auto* other = call.account->peers.find(id))
            list.push_back(accessible_json(*call.account, *other, rules.default_dns_domain));
    return list;
}

core::Error no_such_peer(const std::string& id) {
    return {core::ErrorKind::not_found, "peer not found: " + id};
}

core::Error no_account_of(const std::string& id) {
    return {core::ErrorKind::not_found, "peer " + id + " account not found"};
}

}  // namespace

Json peer_json(const AccountState& account, const Peer& peer, const std::string& dns_domain) {
    return encode(account, peer, dns_domain, groups_of(account, peer));
}

void list_peers(const Call& call) {
    const auto& account = *call.account;
    const auto all = evaluate(account, call.caller.user, "peers", Operation::read);
    if (!all) return call.answer.error(cannot_evaluate(all.error()));
    // The caller's own peers only, and not even those where regular users see nothing.
    const bool own = !*all;
    if (own && account.settings.regular_users_view_blocked) return call.answer.json(Json::array());

    const auto name = call.request->query_value("name").value_or("");
    const auto ip = call.request->query_value("ip").value_or("");
    const auto may_read_groups = evaluate(account, call.caller.user, "groups", Operation::read);
    const auto groups = may_read_groups.value_or(false) ? groups_of_peers(account) : GroupsOfPeers{};
    static const std::vector<const Group*> no_groups;

    Json list = Json::array();
    for (const auto& [id, peer] : account.peers) {
        if (own ? peer->user != call.caller.user
                : !contains_in_any_case(peer->name, name) || !contains_in_any_case(to_string(peer->ip), ip))
            continue;
        const auto in = groups.find(id);
        auto json =
            encode(account, *peer, call.context->options.dns_domain, in == groups.end() ? no_groups : in->second);
        json["accessible_peers_count"] = 0;  // as in the reference
        list.push_back(std::move(json));
    }
    call.answer.json(list);
}

void get_peer(const Call& call) {
    const auto& account = *call.account;
    const auto* peer = account.peers.find(call.path_value());
    if (!peer) return call.answer.error(no_such_peer(call.path_value()));  // before the permission, for everyone
    const auto all = evaluate(account, call.caller.user, "peers", Operation::read);
    if (!all) return call.answer.error(cannot_evaluate(all.error()));
    if (!*all && peer->user != call.caller.user)
        // The reference says 500.
        return call.answer.error(
            {core::ErrorKind::permission_denied,
             "user " + call.caller.user + " has no access to peer " + peer->id + " under account " + account.id});
    call.answer.json(peer_json(account, *peer, call.context->options.dns_domain));
}

void update_peer(const Call& call) {
    Body body(call.request->body);
    management::UpdatePeer command;
    command.id = call.path_value();
    command.name = body.text("name");
    command.ssh_enabled = body.flag("ssh_enabled");
    command.login_expiration_enabled = body.flag("login_expiration_enabled");
    command.inactivity_expiration_enabled = body.flag("inactivity_expiration_enabled");
    command.ip = body.optional_text("ip");
    command.ipv6 = body.optional_text("ipv6");
    command.approval_required = body.optional_flag("approval_required");
    if (!body.ok()) return call.answer(unreadable_body());
    if (!call.permitted()) return;

    const auto id = command.id;
    call.execute(std::move(command), [call, id](const management::Committed& committed) {
        const auto peer = changed(committed, id, committed.state->peers);
        if (!peer) return call.answer.error(no_such_peer(id));
        call.answer.json(peer_json(*committed.state, *peer, call.context->options.dns_domain));
    });
}

void delete_peer(const Call& call) {
    if (!call.permitted()) return;
    const auto& id = call.path_value();
    if (!call.account->peers.find(id)) return call.answer.error(no_account_of(id));
    call.execute(management::DeletePeer{id},
                 [call](const management::Committed&) { call.answer.json(Json::object()); });
}

void list_accessible_peers(const Call& call) {
    const auto& account = *call.account;
    const auto all = evaluate(account, call.caller.user, "peers", Operation::read);
    if (!all) return call.answer.error(cannot_evaluate(all.error()));
    const auto* peer = account.peers.find(call.path_value());
    if (!*all && account.settings.regular_users_view_blocked) return call.answer.json(Json::array());
    if (!*all && !peer) return call.answer.error({core::ErrorKind::not_found, "peer not found"});
    if (!peer || (!*all && peer->user != call.caller.user)) return call.answer.json(Json::array());
    call.answer.json(accessible_peers(call, *peer));
}

void list_jobs(const Call& call) {
    if (!call.permitted()) return;
    if (!call.account->peers.find(call.path_value())) return call.answer.error(no_account_of(call.path_value()));
    call.answer.json(Json::array());  // agents' Job streams carry none yet
}

void get_job(const Call& call) {
    if (!call.permitted()) return;
    if (!call.account->peers.find(call.path_value())) return call.answer.error(no_account_of(call.path_value()));
    call.answer.error({core::ErrorKind::not_found, "job " + call.last_path_value() + " not found"});
}

}  // namespace rookery::adapters::rest
