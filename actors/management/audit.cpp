#include "actors/management/audit.hpp"

#include <ctime>

#include "actors/management/account_view.hpp"

namespace rookery::management {

std::string event_time(WallTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const std::time_t t = seconds.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&t, &parts);
    char text[sizeof "2026-01-15T12:00:00Z"];
    const auto size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, size};
}

EventMeta peer_event_meta(const AccountState& account, const Peer& peer, const Rules& rules) {
    const auto* status = account.statuses.find(peer.id);
    EventMeta meta{
        {"name", peer.name},
        {"fqdn", fqdn(peer.dns_label, dns_domain(account, rules))},
        {"ip", core::to_string(peer.ip)},
        {"created_at", event_time(peer.created_at)},
        {"location_city_name", status ? status->city_name : ""},
        {"location_country_code", status ? status->country_code : ""},
        {"location_geo_name_id", std::to_string(status ? status->geoname_id : 0)},
        {"location_connection_ip", status ? status->connection_ip : ""},
    };
    if (peer.ipv6) meta.emplace("ipv6", core::to_string(*peer.ipv6));
    return meta;
}

EventMeta membership_event_meta(const AccountState& account, const Group& group, const Peer& peer, const Rules& rules) {
    return {{"group", group.name},
            {"group_id", group.id},
            {"peer_ip", core::to_string(peer.ip)},
            {"peer_fqdn", fqdn(peer.dns_label, dns_domain(account, rules))}};
}

const char* to_string(SetupKeyType type) {
    return type == SetupKeyType::one_off ? "one-off" : "reusable";
}

EventMeta setup_key_event_meta(const SetupKey& key) {
    return {{"name", key.name}, {"type", to_string(key.type)}, {"key", key.masked}};
}

AuditEvent account_created_event(const AccountState& account) {
    return {activity::account_created, account.created_by, account.id, {}};
}

}  // namespace rookery::management
