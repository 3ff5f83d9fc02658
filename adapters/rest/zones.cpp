#include "adapters/rest/dns.hpp"

namespace rookery::adapters::rest {

namespace {

using management::Zone;
using management::ZoneRecord;

management::ZoneFields read_zone(Body& body) {
    return {body.text("name"), body.text("domain"), body.optional_flag("enabled").value_or(true),
            body.flag("enable_search_domain"), body.texts("distribution_groups")};
}

ZoneRecord read_record(Body& body, const std::string& id) {
    return {id, body.text("name"), body.text("type"), body.text("content"), body.integer("ttl")};
}

Json record_json(const ZoneRecord& record) {
    return {{"id", record.id},
            {"name", record.name},
            {"type", record.type},
            {"content", record.content},
            {"ttl", record.ttl}};
}

Json records_json(const Zone& zone) {
    Json list = Json::array();
    for (const auto& record : zone.records) list.push_back(record_json(record));
    return list;
}

// Answers with the record that `command` wrote.
template <class Command>
void write_record(const Call& call, const std::string& id) {
    Body body(call.request->body);
    Command command{call.path_value(), read_record(body, id)};
    if (!body.ok()) return call.answer(unreadable_body());
    if (!call.permitted()) return;
    // As it was sent: whatever the state has of it was written after this.
    call.execute(command, [call, record = command.record](const management::Committed&) {
        call.answer.json(record_json(record));
    });
}

}  // namespace

Json Zones::encode(const management::AccountState&, const Zone& zone) {
    return {{"id", zone.id},
            {"name", zone.name},
            {"domain", zone.domain},
            {"enabled", zone.enabled},
            {"enable_search_domain", zone.enable_search_domain},
            {"distribution_groups", zone.distribution_groups},
            {"records", records_json(zone)}};
}

management::CreateZone Zones::create(Body& body, const Call&, const std::string& id) {
    return {id, read_zone(body)};
}

management::UpdateZone Zones::update(Body& body, const Call&, const std::string& id) {
    return {id, read_zone(body)};
}

void list_zone_records(const Call& call) {
    if (!call.permitted()) return;
    const auto* zone = call.account->zones.find(call.path_value());
    call.answer.json(zone ? records_json(*zone) : Json::array());  // also of an unknown zone, as the reference
}

void create_zone_record(const Call& call) {
    write_record<management::CreateZoneRecord>(call, call.new_id());
}

void get_zone_record(const Call& call) {
    if (!call.permitted()) return;
    const auto& id = call.last_path_value();
    if (const auto* zone = call.account->zones.find(call.path_value()))
        for (const auto& record : zone->records)
            if (record.id == id) return call.answer.json(record_json(record));
    call.answer.error(not_found("dns record", id));
}

void update_zone_record(const Call& call) {
    write_record<management::UpdateZoneRecord>(call, call.last_path_value());
}

void delete_zone_record(const Call& call) {
    if (!call.permitted()) return;
    call.execute(management::DeleteZoneRecord{call.path_value(), call.last_path_value()},
                 [call](const management::Committed&) { call.answer.json(Json::object()); });
}

}  // namespace rookery::adapters::rest
