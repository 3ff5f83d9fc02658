#include "refusals.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

NameServerGroup valid() {
    NameServerGroup group;
    group.id = "ns";
    group.name = "quad9";
    group.servers = {{"9.9.9.9", "udp", 53}};
    group.groups = {"g-all"};
    group.primary = true;
    return group;
}

template <class Change>
Refusal refused(Change change, const std::string& text) {
    auto group = valid();
    change(group);
    return {CreateNameServerGroup{group}, invalid, text};
}

ZoneRecord record(const std::string& name, const std::string& type, const std::string& content) {
    return {"rec", name, type, content, 300};
}

Refusal refused_record(const ZoneRecord& record, const std::string& text) {
    return {CreateZoneRecord{"z", record}, invalid, text};
}

}  // namespace

TEST_CASE("name-server groups that are refused") {
    using G = NameServerGroup;
    Account account;
    const std::string status = "nameserver group primary status is ";
    check_refused(
        account,
        {refused([](G& g) { g.servers[0].ip = "dns.example.com"; }, "invalid ns servers format"),
         refused([](G& g) { g.servers[0].type = "tcp"; }, "invalid ns servers format"),
         refused([](G& g) { g.servers[0].port = 65536; }, "invalid ns servers format"),
         refused([](G& g) { g.primary = false; },
                 status + "false and domains are empty, it should be primary or have at least one domain"),
         refused([](G& g) { g.domains = {"example.com"}; },
                 status + "true and domains are not empty, you should set either primary or domain"),
         refused([](G& g) { g.search_domains_enabled = true; },
                 status + "true and search domains is enabled, you should not set search domains for primary "
                          "nameservers"),
         refused(
             [](G& g) {
                 g.primary = false;
                 g.domains = {"*.example.com"};
             },
             "nameserver group got an invalid domain: *.example.com \"wildcards not allowed\""),
         refused([](G& g) { g.servers.clear(); }, "the list of nameservers should be 1 or 3, got 0"),
         refused([](G& g) { g.servers.resize(4, g.servers[0]); }, "the list of nameservers should be 1 or 3, got 4"),
         refused([](G& g) { g.name = std::string(41, 'x'); }, "nameserver group name should be between 1 and 40"),
         refused([](G& g) { g.groups.clear(); }, "the list of group ids should not be empty"),
         refused([](G& g) { g.groups = {"x"}; }, "group id x not found"),
         {UpdateNameServerGroup{valid()}, not_found, "nameserver group: ns not found"},
         {DeleteNameServerGroup{"ns"}, not_found, "nameserver group: ns not found"}});
}

TEST_CASE("name-server groups and DNS settings change") {
    Account account;
    account.add_group("g");
    CHECK(events_of(account, CreateNameServerGroup{valid()}) == Events{35});
    auto other = valid();
    other.id = "other";
    check_refused(account, {{CreateNameServerGroup{other}, invalid, "nameserver group with name quad9 already exist"}});
    other = valid();
    other.primary = false;
    other.domains = {"Example.com."};
    CHECK(events_of(account, UpdateNameServerGroup{other}) == Events{37});
    CHECK(account->name_server_groups.find("ns")->domains == std::vector<std::string>{"Example.com."});
    CHECK(events_of(account, DeleteNameServerGroup{"ns"}) == Events{36});

    CHECK(events_of(account, UpdateDnsSettings{std::vector<Id>{"g", "g-all", "g"}}) == Events{25, 25});
    CHECK(account->dns_settings.disabled_management_groups == std::vector<Id>{"g", "g-all"});
    CHECK(events_of(account, UpdateDnsSettings{std::vector<Id>{"g-all"}}) == Events{26});
    check_refused(account, {{UpdateDnsSettings{}, invalid,
                             "disabled_management_groups field can't be absent; give the whole list"},
                            {UpdateDnsSettings{std::vector<Id>{""}}, invalid, "group id should not be empty string"},
                            {UpdateDnsSettings{std::vector<Id>{"x"}}, invalid, "group id x not found"}});
}

TEST_CASE("zones that are refused") {
    Account account;
    const std::vector<Id> all = {"g-all"};
    REQUIRE(account.execute(CreateZone{"z", {"int", "int.example", true, false, all}}));
    check_refused(
        account,
        {{CreateZone{"y", {"", "y.example", true, false, all}}, invalid, "zone name is required"},
         {CreateZone{"y", {std::string(256, 'x'), "y.example", true, false, all}}, invalid,
          "zone name exceeds maximum length of 255 characters"},
         {CreateZone{"y", {"y", "*.y.example", true, false, all}}, invalid, "invalid zone domain format"},
         {CreateZone{"y", {"y", "Y.example", true, false, all}}, invalid, "invalid zone domain format"},
         {CreateZone{"y", {"y", "y.example.", true, false, all}}, invalid, "invalid zone domain format"},
         {CreateZone{"y", {"y", "y.example", true, false, {}}}, invalid, "at least one distribution group is required"},
         {CreateZone{"y", {"y", "y.example", true, false, {"x"}}}, invalid, "group: x not found"},
         {CreateZone{"y", {"y", "netbird.selfhosted", true, false, all}}, invalid,
          "zone domain netbird.selfhosted conflicts with peer dns domain"},
         {CreateZone{"y", {"y", "int.example", true, false, all}}, conflict,
          "zone with domain int.example already exists"},
         {UpdateZone{"z", {"z", "y.example", true, false, all}}, invalid, "zone domain cannot be updated"},
         {UpdateZone{"x", {"z", "y.example", true, false, all}}, not_found, "failed to get zone: zone: x not found"},
         {DeleteZone{"x"}, not_found, "failed to get zone: zone: x not found"},
         refused_record(record("", "A", "10.0.0.1"), "record name is required"),
         refused_record(record("a.int.example.", "A", "10.0.0.1"), "invalid record name format"),
         refused_record(record("a.int.example", "", "10.0.0.1"), "record type is required"),
         refused_record(record("a.int.example", "A", ""), "a record is required"),
         refused_record(record("a.int.example", "A", "fd00::1"), "a record must be a valid ipv4 address"),
         refused_record(record("a.int.example", "AAAA", "10.0.0.1"), "aaaa record must be a valid ipv6 address"),
         refused_record(record("a.int.example", "CNAME", "*.example.com"), "invalid cname target format"),
         refused_record(record("a.int.example", "TXT", "x"), "invalid record type, must be a, aaaa, or cname"),
         refused_record(record("a.other.example", "A", "10.0.0.1"), "record name does not belong to zone"),
         {DeleteZoneRecord{"z", "x"}, not_found, "failed to get record: dns record: x not found"}});
}

TEST_CASE("zones and their records change") {
    Account account;
    const std::vector<Id> all = {"g-all"};
    auto serial = account->serial;
    CHECK(events_of(account, CreateZone{"z", {"int", "int.example", true, false, all}}) == Events{96});
    CHECK(account->serial == serial);
    CHECK(events_of(account, CreateZoneRecord{"z", record("*.int.example", "A", "10.0.0.1")}) == Events{99});
    auto same = record("*.int.example", "A", "10.0.0.1");
    same.id = "same";
    auto alias = record("*.int.example", "CNAME", "example.com");
    alias.id = "alias";
    check_refused(account,
                  {{CreateZoneRecord{"z", same}, conflict, "identical record already exists"},
                   refused_record(alias, "an a, aaaa, or cname record with name *.int.example already exists")});
    CHECK(events_of(account, UpdateZoneRecord{"z", record("int.example", "AAAA", "fd00::1")}) == Events{100});
    CHECK(account->zones.find("z")->records == std::vector<ZoneRecord>{record("int.example", "AAAA", "fd00::1")});
    CHECK(events_of(account, UpdateZone{"z", {"int", "int.example", false, true, all}}) == Events{97});
    CHECK(account->zones.find("z")->records.size() == 1);
    CHECK(events_of(account, DeleteZone{"z"}) == Events{101, 98});
}
