// What each entity consists of: `v` is a Writer with a const entity or a Reader with a mutable one.
#pragma once

#include <concepts>

#include "adapters/records/values.hpp"

namespace rookery::management {

// In the namespace of the entities, so that Writer and Reader find them by argument-dependent look-up.
template <class T, class Entity>
concept Is = std::same_as<std::remove_const_t<T>, Entity>;

template <class V>
void fields(V& v, Is<OverlayNetwork> auto& e) {
    v("id", e.id);
    v("net", e.net);
    v("net_v6", e.net_v6);
}

template <class V>
void fields(V& v, Is<ExtraSettings> auto& e) {
    v("peer_approval_enabled", e.peer_approval_enabled);
    v("user_approval_required", e.user_approval_required);
    v("network_traffic_logs_enabled", e.network_traffic_logs_enabled);
    v("network_traffic_logs_groups", e.network_traffic_logs_groups);
    v("network_traffic_packet_counter_enabled", e.network_traffic_packet_counter_enabled);
}

template <class V>
void fields(V& v, Is<Settings> auto& e) {
    v("peer_login_expiration_enabled", e.peer_login_expiration_enabled);
    v("peer_login_expiration", e.peer_login_expiration);
    v("peer_inactivity_expiration_enabled", e.peer_inactivity_expiration_enabled);
    v("peer_inactivity_expiration", e.peer_inactivity_expiration);
    v("regular_users_view_blocked", e.regular_users_view_blocked);
    v("groups_propagation_enabled", e.groups_propagation_enabled);
    v("routing_peer_dns_resolution_enabled", e.routing_peer_dns_resolution_enabled);
    v("lazy_connection_enabled", e.lazy_connection_enabled);
    v("jwt_groups_enabled", e.jwt_groups_enabled);
    v("jwt_groups_claim_name", e.jwt_groups_claim_name);
    v("jwt_allow_groups", e.jwt_allow_groups);
    v("dns_domain", e.dns_domain);
    v("network_range", e.network_range);
    v("network_range_v6", e.network_range_v6);
    v("ipv6_enabled_groups", e.ipv6_enabled_groups);
    v("peer_expose_enabled", e.peer_expose_enabled);
    v("peer_expose_groups", e.peer_expose_groups);
    v("auto_update_version", e.auto_update_version);
    v("auto_update_always", e.auto_update_always);
    v("metrics_push_enabled", e.metrics_push_enabled);
    v("agent_network_only", e.agent_network_only);
    v("agent_network_feature", e.agent_network_feature);
    v("local_mfa_enabled", e.local_mfa_enabled);
    v("extra", e.extra);
}

template <class V>
void fields(V& v, Is<DnsSettings> auto& e) {
    v("disabled_management_groups", e.disabled_management_groups);
}

template <class V>
void fields(V& v, Is<Onboarding> auto& e) {
    v("flow_pending", e.flow_pending);
    v("signup_form_pending", e.signup_form_pending);
}

// Without collections, serial and commit, which stores keep in tables and columns.
template <class V>
void fields(V& v, Is<AccountState> auto& e) {
    v("id", e.id);
    v("created_by", e.created_by);
    v("created_at", e.created_at);
    v("domain", e.domain);
    v("domain_category", e.domain_category);
    v("network", e.network);
    v("settings", e.settings);
    v("dns_settings", e.dns_settings);
    v("onboarding", e.onboarding);
}

template <class V>
void fields(V& v, Is<User> auto& e) {
    v("id", e.id);
    v("role", e.role);
    v("service_user", e.service_user);
    v("non_deletable", e.non_deletable);
    v.secret("name", e.name);
    v.secret("email", e.email);
    v.secret("password_hash", e.password_hash);
    v("auto_groups", e.auto_groups);
    v("blocked", e.blocked);
    v("pending_approval", e.pending_approval);
    v("issued", e.issued);
    v("last_login", e.last_login);
    v("created_at", e.created_at);
}

template <class V>
void fields(V& v, Is<AccessToken> auto& e) {
    v("id", e.id);
    v("user", e.user);
    v("name", e.name);
    v("hash", e.hash);
    v("created_by", e.created_by);
    v("created_at", e.created_at);
    v("expires_at", e.expires_at);
    v("last_used", e.last_used);
}

template <class V>
void fields(V& v, Is<SetupKey> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("type", e.type);
    v("hash", e.hash);
    v("masked", e.masked);
    v("created_at", e.created_at);
    v("updated_at", e.updated_at);
    v("expires_at", e.expires_at);
    v("last_used", e.last_used);
    v("revoked", e.revoked);
    v("usage_limit", e.usage_limit);
    v("used_times", e.used_times);
    v("auto_groups", e.auto_groups);
    v("ephemeral", e.ephemeral);
    v("allow_extra_dns_labels", e.allow_extra_dns_labels);
}

template <class V>
void fields(V& v, Is<PeerFlags> auto& e) {
    v("rosenpass_enabled", e.rosenpass_enabled);
    v("rosenpass_permissive", e.rosenpass_permissive);
    v("server_ssh_allowed", e.server_ssh_allowed);
    v("disable_client_routes", e.disable_client_routes);
    v("disable_server_routes", e.disable_server_routes);
    v("disable_dns", e.disable_dns);
    v("disable_firewall", e.disable_firewall);
    v("block_lan_access", e.block_lan_access);
    v("block_inbound", e.block_inbound);
    v("lazy_connection_enabled", e.lazy_connection_enabled);
    v("disable_ipv6", e.disable_ipv6);
}

template <class V>
void fields(V& v, Is<PeerMeta::Address> auto& e) {
    v("prefix", e.prefix);
    v("mac", e.mac);
}

template <class V>
void fields(V& v, Is<PeerMeta::File> auto& e) {
    v("path", e.path);
    v("exists", e.exists);
    v("running", e.running);
}

template <class V>
void fields(V& v, Is<PeerMeta> auto& e) {
    v("hostname", e.hostname);
    v("go_os", e.go_os);
    v("kernel", e.kernel);
    v("platform", e.platform);
    v("os", e.os);
    v("os_version", e.os_version);
    v("agent_version", e.agent_version);
    v("ui_version", e.ui_version);
    v("kernel_version", e.kernel_version);
    v("serial_number", e.serial_number);
    v("product_name", e.product_name);
    v("manufacturer", e.manufacturer);
    v("cloud", e.cloud);
    v("cloud_platform", e.cloud_platform);
    v("network_addresses", e.network_addresses);
    v("files", e.files);
    v("flags", e.flags);
    v("capabilities", e.capabilities);
    v("sync_message_version", e.sync_message_version);
}

template <class V>
void fields(V& v, Is<Peer> auto& e) {
    v("id", e.id);
    v("key", e.key);
    v("ip", e.ip);
    v("ipv6", e.ipv6);
    v("name", e.name);
    v("dns_label", e.dns_label);
    v("extra_dns_labels", e.extra_dns_labels);
    v("allow_extra_dns_labels", e.allow_extra_dns_labels);
    v("user", e.user);
    v.bytes("ssh_key", e.ssh_key);
    v("ssh_enabled", e.ssh_enabled);
    v("login_expiration_enabled", e.login_expiration_enabled);
    v("inactivity_expiration_enabled", e.inactivity_expiration_enabled);
    v("ephemeral", e.ephemeral);
    v("requires_approval", e.requires_approval);
    v("last_login", e.last_login);
    v("created_at", e.created_at);
    v("meta", e.meta);
}

template <class V>
void fields(V& v, Is<ResourceRef> auto& e) {
    v("id", e.id);
    v("type", e.type);
}

template <class V>
void fields(V& v, Is<Group> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("issued", e.issued);
    v("peers", e.peers);
    v("resources", e.resources);
}

template <class V>
void fields(V& v, Is<PortRange> auto& e) {
    v("start", e.start);
    v("end", e.end);
}

template <class V>
void fields(V& v, Is<PolicyRule> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("description", e.description);
    v("enabled", e.enabled);
    v("bidirectional", e.bidirectional);
    v("action", e.action);
    v("protocol", e.protocol);
    v("sources", e.sources);
    v("destinations", e.destinations);
    v("source_resource", e.source_resource);
    v("destination_resource", e.destination_resource);
    v("ports", e.ports);
    v("port_ranges", e.port_ranges);
    v("authorized_groups", e.authorized_groups);
    v("authorized_user", e.authorized_user);
}

template <class V>
void fields(V& v, Is<Policy> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("description", e.description);
    v("enabled", e.enabled);
    v("rules", e.rules);
    v("source_posture_checks", e.source_posture_checks);
}

template <class V>
void fields(V& v, Is<PostureCheck::Version> auto& e) {
    v("min_version", e.min_version);
}

template <class V>
void fields(V& v, Is<PostureCheck::OsVersion> auto& e) {
    v("android", e.android);
    v("darwin", e.darwin);
    v("ios", e.ios);
    v("linux_kernel", e.linux_kernel);
    v("windows_kernel", e.windows_kernel);
}

template <class V>
void fields(V& v, Is<PostureCheck::Place> auto& e) {
    v("country_code", e.country_code);
    v("city_name", e.city_name);
}

template <class V>
void fields(V& v, Is<PostureCheck::Location> auto& e) {
    v("action", e.action);
    v("places", e.places);
}

template <class V>
void fields(V& v, Is<PostureCheck::NetworkRange> auto& e) {
    v("action", e.action);
    v("ranges", e.ranges);
}

template <class V>
void fields(V& v, Is<PostureCheck::Process> auto& e) {
    v("linux_path", e.linux_path);
    v("mac_path", e.mac_path);
    v("windows_path", e.windows_path);
}

template <class V>
void fields(V& v, Is<PostureCheck> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("description", e.description);
    v("agent_version", e.agent_version);
    v("os_version", e.os_version);
    v("location", e.location);
    v("network_range", e.network_range);
    v("processes", e.processes);
}

template <class V>
void fields(V& v, Is<Route> auto& e) {
    v("id", e.id);
    v("net_id", e.net_id);
    v("description", e.description);
    v("network", e.network);
    v("domains", e.domains);
    v("peer", e.peer);
    v("peer_groups", e.peer_groups);
    v("groups", e.groups);
    v("access_control_groups", e.access_control_groups);
    v("metric", e.metric);
    v("masquerade", e.masquerade);
    v("keep_route", e.keep_route);
    v("enabled", e.enabled);
    v("skip_auto_apply", e.skip_auto_apply);
}

template <class V>
void fields(V& v, Is<Network> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("description", e.description);
}

template <class V>
void fields(V& v, Is<NetworkResource> auto& e) {
    v("id", e.id);
    v("network", e.network);
    v("name", e.name);
    v("description", e.description);
    v("type", e.type);
    v("address", e.address);
    v("enabled", e.enabled);
}

template <class V>
void fields(V& v, Is<NetworkRouter> auto& e) {
    v("id", e.id);
    v("network", e.network);
    v("peer", e.peer);
    v("peer_groups", e.peer_groups);
    v("masquerade", e.masquerade);
    v("metric", e.metric);
    v("enabled", e.enabled);
}

template <class V>
void fields(V& v, Is<NameServer> auto& e) {
    v("ip", e.ip);
    v("type", e.type);
    v("port", e.port);
}

template <class V>
void fields(V& v, Is<NameServerGroup> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("description", e.description);
    v("servers", e.servers);
    v("groups", e.groups);
    v("primary", e.primary);
    v("domains", e.domains);
    v("search_domains_enabled", e.search_domains_enabled);
    v("enabled", e.enabled);
}

template <class V>
void fields(V& v, Is<ZoneRecord> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("type", e.type);
    v("content", e.content);
    v("ttl", e.ttl);
}

template <class V>
void fields(V& v, Is<Zone> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("domain", e.domain);
    v("enabled", e.enabled);
    v("enable_search_domain", e.enable_search_domain);
    v("distribution_groups", e.distribution_groups);
    v("records", e.records);
}

template <class V>
void fields(V& v, Is<Members> auto& e) {
    v("group", e.group);
    v("added", e.added);
    v("removed", e.removed);
}

}  // namespace rookery::management
