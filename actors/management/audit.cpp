#include "actors/management/audit.hpp"

#include <ctime>

#include "actors/management/account_view.hpp"

namespace rookery::management {
namespace {

std::string rfc3339(WallTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const std::time_t t = seconds.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&t, &parts);
    char text[sizeof "2026-01-15T12:00:00Z"];
    const auto size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, size};
}

}  // namespace

EventMeta peer_event_meta(const AccountState& account, const Peer& peer, const Rules& rules) {
    const auto* status = account.statuses.find(peer.id);
    EventMeta meta{
        {"name", peer.name},
        {"fqdn", fqdn(peer.dns_label, dns_domain(account, rules))},
        {"ip", core::to_string(peer.ip)},
        {"created_at", rfc3339(peer.created_at)},
        // Places come with the geo database.
        {"location_city_name", ""},
        {"location_country_code", ""},
        {"location_geo_name_id", "0"},
        {"location_connection_ip", status ? status->connection_ip : ""},
    };
    if (peer.ipv6) meta.emplace("ipv6", core::to_string(*peer.ipv6));
    return meta;
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
