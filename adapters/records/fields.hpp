// What each entity consists of: `v` is a Writer with a const entity or a Reader with a mutable one.
#pragma once

#include <concepts>

#include "adapters/records/values.hpp"

namespace rookery::management {

// In the namespace of the entities, so that Writer and Reader find them by argument-dependent look-up.
template <class T, class Entity>
concept Is = std::same_as<std::remove_const_t<T>, Entity>;

template <class V>
void fields(V& v, Is<Network> auto& e) {
    v("id", e.id);
    v("net", e.net);
    v("net_v6", e.net_v6);
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
    v("dns_domain", e.dns_domain);
    v("ipv6_enabled_groups", e.ipv6_enabled_groups);
    v("auto_update_version", e.auto_update_version);
    v("auto_update_always", e.auto_update_always);
    v("metrics_push_enabled", e.metrics_push_enabled);
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
}

template <class V>
void fields(V& v, Is<User> auto& e) {
    v("id", e.id);
    v("role", e.role);
    v("service_user", e.service_user);
    v.secret("name", e.name);
    v.secret("email", e.email);
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
    v("last_login", e.last_login);
    v("created_at", e.created_at);
    v("meta", e.meta);
}

template <class V>
void fields(V& v, Is<Group> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("issued", e.issued);
    v("peers", e.peers);
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
}

template <class V>
void fields(V& v, Is<Policy> auto& e) {
    v("id", e.id);
    v("name", e.name);
    v("description", e.description);
    v("enabled", e.enabled);
    v("rules", e.rules);
}

template <class V>
void fields(V& v, Is<Members> auto& e) {
    v("group", e.group);
    v("added", e.added);
    v("removed", e.removed);
}

}  // namespace rookery::management
