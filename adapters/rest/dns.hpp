// Name servers, DNS settings, zones and their records (rest-api §6.13).
#pragma once

#include "adapters/rest/resource.hpp"

namespace rookery::adapters::rest {

struct NameServerGroups : Defaults {
    using Entity = management::NameServerGroup;
    static core::Error missing(const std::string& id) { return not_found("nameserver group", id); }
    static Json encode(const management::AccountState& account, const management::NameServerGroup& group);
    static management::CreateNameServerGroup create(Body& body, const Call& call, const std::string& id);
    static management::UpdateNameServerGroup update(Body& body, const Call& call, const std::string& id);
    static management::DeleteNameServerGroup remove(const Call&, const std::string& id) { return {id}; }
};

void get_dns_settings(const Call& call);     // GET /dns/settings
void update_dns_settings(const Call& call);  // PUT /dns/settings

struct Zones : Defaults {
    using Entity = management::Zone;
    static core::Error missing(const std::string& id) { return not_found("zone", id); }
    static Json encode(const management::AccountState& account, const management::Zone& zone);
    static management::CreateZone create(Body& body, const Call& call, const std::string& id);
    static management::UpdateZone update(Body& body, const Call& call, const std::string& id);
    static management::DeleteZone remove(const Call&, const std::string& id) { return {id}; }
};

void list_zone_records(const Call& call);   // GET /dns/zones/{}/records
void create_zone_record(const Call& call);  // POST /dns/zones/{}/records
void get_zone_record(const Call& call);     // GET /dns/zones/{}/records/{}
void update_zone_record(const Call& call);  // PUT /dns/zones/{}/records/{}
void delete_zone_record(const Call& call);  // DELETE /dns/zones/{}/records/{}

}  // namespace rookery::adapters::rest
