// Zones and their records (rest-api §6.13); the order of the checks is part of the interface.
#include <algorithm>

#include "actors/management/account_view.hpp"
#include "actors/management/audit.hpp"
#include "actors/management/checks.hpp"
#include "actors/management/draft.hpp"

namespace rookery::management {
namespace {

using core::ErrorKind;
using core::fail;

tl::unexpected<core::Error> invalid(std::string text) {
    return fail(ErrorKind::invalid_argument, std::move(text));
}

Result<Done> check(const AccountState& account, const ZoneFields& fields) {
    if (fields.name.empty()) return invalid("zone name is required");
    if (length(fields.name) > 255) return invalid("zone name exceeds maximum length of 255 characters");
    if (is_wildcard(fields.domain) || ascii_domain(fields.domain) != fields.domain)
        return invalid("invalid zone domain format");
    if (fields.distribution_groups.empty()) return invalid("at least one distribution group is required");
    for (const auto& id : fields.distribution_groups)
        if (!account.groups.find(id)) return invalid("group: " + id + " not found");
    return Done{};
}

EventMeta event_meta(const Zone& zone) {
    return {{"name", zone.name}, {"domain", zone.domain}};
}

EventMeta event_meta(const Zone& zone, const ZoneRecord& record) {
    return {{"name", record.name},       {"type", record.type},
            {"content", record.content}, {"ttl", std::to_string(record.ttl)},
            {"zone_id", zone.id},        {"zone_name", zone.name}};
}

bool is_record_name(const std::string& name) {
    return ascii_domain(name).has_value();
}

Result<Done> check_content(const ZoneRecord& record) {
    if (record.type.empty()) return invalid("record type is required");
    if (record.type == "A") {
        if (record.content.empty()) return invalid("a record is required");
        if (!core::parse_ipv4(record.content)) return invalid("a record must be a valid ipv4 address");
    } else if (record.type == "AAAA") {
        if (record.content.empty()) return invalid("aaaa record is required");
        if (!core::parse_ipv6(record.content)) return invalid("aaaa record must be a valid ipv6 address");
    } else if (record.type == "CNAME") {
        if (is_wildcard(record.content) || !is_record_name(record.content))
            return invalid("invalid cname target format");
    } else {
        return invalid("invalid record type, must be a, aaaa, or cname");
    }
    if (record.ttl < 0) return invalid("ttl cannot be negative");
    return Done{};
}

Result<Done> check(const Zone& zone, const ZoneRecord& record) {
    if (record.name.empty()) return invalid("record name is required");
    if (!is_record_name(record.name)) return invalid("invalid record name format");
    if (auto done = check_content(record); !done) return done;
    if (record.name != zone.domain && !record.name.ends_with('.' + zone.domain))
        return invalid("record name does not belong to zone");
    for (const auto& other : zone.records) {
        if (other.id == record.id || other.name != record.name) continue;
        if (other.type == record.type && other.content == record.content)
            return fail(ErrorKind::already_exists, "identical record already exists");
        if (other.type == "CNAME" || record.type == "CNAME")
            return invalid("an a, aaaa, or cname record with name " + record.name + " already exists");
    }
    return Done{};
}

Result<const Zone*> find_zone(const AccountState& account, const Id& id) {
    const auto* zone = account.zones.find(id);
    if (!zone) return fail(ErrorKind::not_found, "failed to get zone: zone: " + id + " not found");
    return zone;
}

auto find_record(Zone& zone, const Id& id) {
    return std::find_if(zone.records.begin(), zone.records.end(), [&](const auto& r) { return r.id == id; });
}

tl::unexpected<core::Error> unknown_record(const Id& id) {
    return fail(ErrorKind::not_found, "failed to get record: dns record: " + id + " not found");
}

void copy_fields(const ZoneFields& fields, Zone& zone) {
    zone.name = fields.name;
    zone.domain = fields.domain;
    zone.enabled = fields.enabled;
    zone.enable_search_domain = fields.enable_search_domain;
    zone.distribution_groups = fields.distribution_groups;
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreateZone& command) {
    const auto& fields = command.fields;
    if (auto done = check(c.account, fields); !done) return tl::unexpected(done.error());
    if (fields.domain == c.rules.default_dns_domain || fields.domain == dns_domain(c.account, c.rules))
        return invalid("zone domain " + fields.domain + " conflicts with peer dns domain");
    for (const auto& [id, other] : c.account.zones)
        if (other->domain == fields.domain)
            return fail(ErrorKind::already_exists, "zone with domain " + fields.domain + " already exists");
    Zone zone;
    zone.id = command.id;
    copy_fields(fields, zone);
    Draft draft(c);
    draft.event(activity::zone_created, zone.id, event_meta(zone));
    draft.put(std::move(zone));
    return std::move(draft).take(false);  // empty: nobody is told of it
}

Result<Decision> decide_on(const Case& c, const UpdateZone& command) {
    if (auto done = check(c.account, command.fields); !done) return tl::unexpected(done.error());
    const auto before = find_zone(c.account, command.id);
    if (!before) return tl::unexpected(before.error());
    if ((*before)->domain != command.fields.domain) return invalid("zone domain cannot be updated");
    auto zone = **before;
    copy_fields(command.fields, zone);
    Draft draft(c);
    draft.event(activity::zone_updated, zone.id, event_meta(zone));
    draft.put(std::move(zone));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const DeleteZone& command) {
    const auto zone = find_zone(c.account, command.id);
    if (!zone) return tl::unexpected(zone.error());
    Draft draft(c);
    for (const auto& record : (*zone)->records)
        draft.event(activity::zone_record_deleted, record.id, event_meta(**zone, record));
    draft.event(activity::zone_deleted, command.id, event_meta(**zone));
    draft.remove<Zone>(command.id);
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const CreateZoneRecord& command) {
    const auto before = find_zone(c.account, command.zone);
    if (!before) return tl::unexpected(before.error());
    auto zone = **before;
    if (auto done = check(zone, command.record); !done) return tl::unexpected(done.error());
    zone.records.push_back(command.record);
    Draft draft(c);
    draft.event(activity::zone_record_created, command.record.id, event_meta(zone, command.record));
    draft.put(std::move(zone));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const UpdateZoneRecord& command) {
    const auto before = find_zone(c.account, command.zone);
    if (!before) return tl::unexpected(before.error());
    auto zone = **before;
    const auto record = find_record(zone, command.record.id);
    if (record == zone.records.end()) return unknown_record(command.record.id);
    if (auto done = check(zone, command.record); !done) return tl::unexpected(done.error());
    *record = command.record;
    Draft draft(c);
    draft.event(activity::zone_record_updated, command.record.id, event_meta(zone, command.record));
    draft.put(std::move(zone));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const DeleteZoneRecord& command) {
    const auto before = find_zone(c.account, command.zone);
    if (!before) return tl::unexpected(before.error());
    auto zone = **before;
    const auto record = find_record(zone, command.id);
    if (record == zone.records.end()) return unknown_record(command.id);
    Draft draft(c);
    draft.event(activity::zone_record_deleted, command.id, event_meta(zone, *record));
    zone.records.erase(record);
    draft.put(std::move(zone));
    return std::move(draft).take(true);
}

}  // namespace rookery::management
