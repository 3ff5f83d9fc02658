// The account of a recording as a state.
#include "actors/management/checks.hpp"
#include "recorded_map.hpp"

namespace rookery::management::testing {
namespace {

template <class T>
void take(const Json& from, const char* name, T& to) {
    if (const auto it = from.find(name); it != from.end()) it->get_to(to);
}

template <class T, class Make>
Collection<T> collection(const Json& account, const char* name, Make make) {
    typename Collection<T>::Map map;
    if (const auto it = account.find(name); it != account.end())
        for (const auto& item : *it) map.emplace(item.at("id"), std::make_shared<const T>(make(item)));
    return Collection<T>(map);
}

std::optional<ResourceRef> resource_of(const Json& in, const char* name) {
    if (!in.contains(name)) return std::nullopt;
    return ResourceRef{in.at(name).at("id"), in.at(name).at("type")};
}

User user_of(const Json& in) {
    User user;
    user.id = in.at("id");
    user.role = in.value("role", "user") == "owner" ? Role::owner : Role::user;
    take(in, "auto_groups", user.auto_groups);
    take(in, "blocked", user.blocked);
    take(in, "is_service_user", user.service_user);
    return user;
}

Group group_of(const Json& in) {
    Group group;
    group.id = in.at("id");
    group.name = in.at("name");
    group.peers = in.value("peers", std::set<PeerId>());
    for (const auto& resource : in.value("resources", Json::array()))
        group.resources.push_back({resource.at("id"), resource.at("type")});
    return group;
}

PolicyRule rule_of(const Json& in, const Id& policy) {
    PolicyRule rule;
    rule.id = in.value("id", policy);
    rule.bidirectional = false;
    take(in, "enabled", rule.enabled);
    take(in, "bidirectional", rule.bidirectional);
    take(in, "action", rule.action);
    take(in, "protocol", rule.protocol);
    take(in, "sources", rule.sources);
    take(in, "destinations", rule.destinations);
    take(in, "ports", rule.ports);
    rule.source_resource = resource_of(in, "source_resource");
    rule.destination_resource = resource_of(in, "destination_resource");
    for (const auto& range : in.value("port_ranges", Json::array()))
        rule.port_ranges.push_back({range.at(0), range.at(1)});
    take(in, "authorized_groups", rule.authorized_groups);
    return rule;
}

Policy policy_of(const Json& in) {
    Policy policy;
    policy.id = in.at("id");
    take(in, "enabled", policy.enabled);
    take(in, "source_posture_checks", policy.source_posture_checks);
    for (const auto& rule : in.at("rules")) policy.rules.push_back(rule_of(rule, policy.id));
    return policy;
}

std::optional<std::string> text_of(const Json& in, const char* name) {
    return in.contains(name) ? std::optional(in.at(name).get<std::string>()) : std::nullopt;
}

PostureCheck posture_check_of(const Json& in) {
    PostureCheck check;
    check.id = in.at("id");
    for (const auto& part : in.at("checks")) {
        const auto type = part.at("type").get<std::string>();
        if (type == "nb_version") {
            check.agent_version = PostureCheck::Version{part.at("min_version")};
        } else if (type == "os_version") {
            check.os_version =
                PostureCheck::OsVersion{text_of(part, "android"), text_of(part, "darwin"), text_of(part, "ios"),
                                        text_of(part, "linux"), text_of(part, "windows")};
        } else if (type == "peer_network_range") {
            check.network_range = PostureCheck::NetworkRange{part.at("action"), part.at("ranges")};
        } else if (type == "process") {
            auto& processes = check.processes.emplace();
            for (const auto& p : part.at("processes"))
                processes.push_back({p.value("linux_path", ""), p.value("mac_path", ""), p.value("windows_path", "")});
        } else {
            throw std::runtime_error("posture check " + type);
        }
    }
    return check;
}

Route route_of(const Json& in) {
    Route route;
    route.id = in.at("id");
    take(in, "net_id", route.net_id);
    take(in, "network", route.network);
    for (const auto& domain : in.value("domains", std::vector<std::string>()))
        route.domains.push_back(ascii_domain(domain).value());
    take(in, "peer", route.peer);
    take(in, "peer_groups", route.peer_groups);
    take(in, "groups", route.groups);
    take(in, "access_control_groups", route.access_control_groups);
    take(in, "metric", route.metric);
    take(in, "masquerade", route.masquerade);
    take(in, "keep_route", route.keep_route);
    take(in, "enabled", route.enabled);
    take(in, "skip_auto_apply", route.skip_auto_apply);
    return route;
}

NetworkResource network_resource_of(const Json& in) {
    NetworkResource resource;
    resource.id = in.at("id");
    resource.network = in.at("network_id");
    resource.name = in.at("name");
    resource.address = in.at("address");
    const auto type = in.at("type").get<std::string>();
    resource.type = type == "host"     ? ResourceType::host
                    : type == "subnet" ? ResourceType::subnet
                                       : ResourceType::domain;
    take(in, "enabled", resource.enabled);
    return resource;
}

NetworkRouter network_router_of(const Json& in) {
    NetworkRouter router;
    router.id = in.at("id");
    router.network = in.at("network_id");
    take(in, "peer", router.peer);
    take(in, "peer_groups", router.peer_groups);
    take(in, "masquerade", router.masquerade);
    take(in, "metric", router.metric);
    take(in, "enabled", router.enabled);
    return router;
}

// Of a peer that routes by several of them the last one counts: real ids are in the order of their creation, those of
// the recordings are not. They stand in no map.
Collection<NetworkRouter> routers_of(const Json& account) {
    Collection<NetworkRouter>::Map map;
    for (const auto& item : account.value("network_routers", Json::array())) {
        auto router = network_router_of(item);
        router.id = std::to_string(1000 + map.size()) + router.id;
        map.emplace(router.id, std::make_shared<const NetworkRouter>(router));
    }
    return Collection<NetworkRouter>(map);
}

NameServerGroup name_server_group_of(const Json& in) {
    NameServerGroup group;
    group.id = in.at("id");
    take(in, "groups", group.groups);
    take(in, "primary", group.primary);
    take(in, "domains", group.domains);
    take(in, "search_domains_enabled", group.search_domains_enabled);
    take(in, "enabled", group.enabled);
    for (const auto& server : in.at("nameservers"))
        group.servers.push_back({server.at("ip"), server.at("ns_type"), server.at("port")});
    return group;
}

Zone zone_of(const Json& in) {
    Zone zone;
    zone.id = in.at("id");
    zone.domain = in.at("domain");
    take(in, "enabled", zone.enabled);
    take(in, "enable_search_domain", zone.enable_search_domain);
    take(in, "distribution_groups", zone.distribution_groups);
    for (const auto& record : in.value("records", Json::array()))
        zone.records.push_back({"", record.at("name"), record.at("type"), record.at("content"), record.at("ttl")});
    return zone;
}

Peer peer_of(const Json& in, WallTime now) {
    Peer peer;
    peer.id = in.at("id");
    peer.key = in.at("key");
    peer.ip = *core::parse_ipv4(in.at("ip").get<std::string>());
    if (in.contains("ipv6")) peer.ipv6 = core::parse_ipv6(in.at("ipv6").get<std::string>());
    peer.dns_label = in.at("dns_label");
    take(in, "name", peer.name);
    take(in, "extra_dns_labels", peer.extra_dns_labels);
    take(in, "user_id", peer.user);
    take(in, "ssh_key", peer.ssh_key);
    take(in, "ssh_enabled", peer.ssh_enabled);
    take(in, "login_expiration_enabled", peer.login_expiration_enabled);
    peer.last_login = now - std::chrono::seconds(in.value("last_login_age", 0));
    const auto& meta = in.at("meta");
    take(meta, "hostname", peer.meta.hostname);
    take(meta, "go_os", peer.meta.go_os);
    take(meta, "kernel_version", peer.meta.kernel_version);
    peer.meta.os_version = meta.value("os_version", "12");
    take(meta, "wt_version", peer.meta.agent_version);
    take(meta, "capabilities", peer.meta.capabilities);
    for (const auto& address : meta.value("network_addresses", Json::array()))
        peer.meta.network_addresses.push_back({address.at("prefix"), ""});
    for (const auto& file : meta.value("files", Json::array()))
        peer.meta.files.push_back(
            {file.at("path"), file.value("exist", false), file.value("process_is_running", false)});
    if (meta.contains("flags")) {
        take(meta.at("flags"), "disable_ipv6", peer.meta.flags.disable_ipv6);
        take(meta.at("flags"), "server_ssh_allowed", peer.meta.flags.server_ssh_allowed);
    }
    return peer;
}

Settings settings_of(const Json& in) {
    Settings s;
    take(in, "peer_login_expiration_enabled", s.peer_login_expiration_enabled);
    take(in, "peer_login_expiration", s.peer_login_expiration);
    take(in, "routing_peer_dns_resolution_enabled", s.routing_peer_dns_resolution_enabled);
    take(in, "lazy_connection_enabled", s.lazy_connection_enabled);
    take(in, "dns_domain", s.dns_domain);
    take(in, "ipv6_enabled_groups", s.ipv6_enabled_groups);
    take(in, "auto_update_version", s.auto_update_version);
    take(in, "auto_update_always", s.auto_update_always);
    return s;
}

}  // namespace

AccountState account_of(const Json& in, WallTime now) {
    AccountState account;
    account.id = in.at("id");
    const auto& network = in.at("network");
    account.network.net = *core::parse_prefix4(network.at("net").get<std::string>());
    account.network.net_v6 = core::parse_prefix6(network.value("net_v6", ""));
    account.settings = settings_of(in.at("settings"));
    account.dns_settings.disabled_management_groups =
        in.at("dns_settings").value("disabled_management_groups", std::vector<Id>());
    account.users = collection<User>(in, "users", user_of);
    account.groups = collection<Group>(in, "groups", group_of);
    account.policies = collection<Policy>(in, "policies", policy_of);
    account.posture_checks = collection<PostureCheck>(in, "posture_checks", posture_check_of);
    account.routes = collection<Route>(in, "routes", route_of);
    account.network_resources = collection<NetworkResource>(in, "network_resources", network_resource_of);
    account.network_routers = routers_of(in);
    account.name_server_groups = collection<NameServerGroup>(in, "nameserver_groups", name_server_group_of);
    account.zones = collection<Zone>(in, "zones", zone_of);
    account.peers = collection<Peer>(in, "peers", [&](const Json& p) { return peer_of(p, now); });
    for (const auto& [id, peer] : account.peers) {
        PeerStatus status;
        status.peer = id;
        status.connection_ip = "127.0.0.1";  // of every recorded client
        account.statuses = account.statuses.with(id, std::make_shared<const PeerStatus>(status));
    }
    return account;
}

}  // namespace rookery::management::testing
