#include "refusals.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

PolicyFields valid() {
    PolicyFields fields;
    fields.name = "web";
    auto& rule = fields.rules.emplace_back();
    rule.action = "accept";
    rule.protocol = "tcp";
    rule.sources = std::vector<Id>{"g-all"};
    rule.destinations = std::vector<Id>{"g-all"};
    rule.ports = {"443"};
    return fields;
}

template <class Change>
Refusal refused(Change change, const std::string& text) {
    auto fields = valid();
    change(fields, fields.rules[0]);
    return {CreatePolicy{"p", fields}, invalid, text};
}

PostureCheck valid_check() {
    PostureCheck check;
    check.id = "pc";
    check.name = "recent";
    check.agent_version = PostureCheck::Version{"0.60.0"};
    return check;
}

template <class Change>
Refusal refused_check(Change change, const std::string& text) {
    auto check = valid_check();
    check.agent_version.reset();
    change(check);
    return {CreatePostureCheck{check}, invalid, text};
}

}  // namespace

TEST_CASE("policies that are refused") {
    using F = PolicyFields;
    using R = PolicyRuleFields;
    Account account;
    check_refused(account,
                  {refused([](F& f, R&) { f.name.clear(); }, "policy name shouldn't be empty"),
                   {CreatePolicy{"p", {"web", "", true, {}, {}}}, invalid, "policy rules shouldn't be empty"},
                   refused(
                       [](F&, R& r) {
                           r.source_resource = ResourceRef{"a", "peer"};
                       },
                       "specify either sources or  source resources, not both"),
                   refused(
                       [](F&, R& r) {
                           r.destination_resource = ResourceRef{"a", "peer"};
                       },
                       "specify either destinations or  destination resources, not both"),
                   refused([](F&, R& r) { r.sources.reset(); },
                           "specify either sources or source resources and destinations or destination resources"),
                   refused([](F&, R& r) { r.action = "deny"; }, "unknown action type"),
                   refused([](F&, R& r) { r.protocol = "sctp"; }, "unknown protocol type: sctp"),
                   refused(
                       [](F&, R& r) {
                           r.port_ranges = {{1, 2}};
                       },
                       "specify either individual ports or port ranges, not both"),
                   refused([](F&, R& r) { r.ports = {"65536"}; }, "valid port value is in 1..65535 range"),
                   refused([](F&, R& r) { r.ports = {"80x"}; }, "valid port value is in 1..65535 range"),
                   refused([](F&, R& r) { r.protocol = "all"; }, "for all or icmp protocol ports is not allowed"),
                   refused(
                       [](F&, R& r) {
                           r.protocol = "netbird-ssh";
                           r.authorized_groups = {{"g-other", {"root"}}};
                       },
                       "authorized group for netbird-ssh protocol should be specified for each source group"),
                   {UpdatePolicy{"", valid()}, invalid, "invalid policy id"},
                   {UpdatePolicy{"p", valid()}, not_found, "policy: p not found"},
                   {DeletePolicy{"p"}, not_found, "policy: p not found"}});
}

TEST_CASE("policies are created, changed and deleted") {
    Account account;
    auto fields = valid();
    fields.source_posture_checks = {"unknown"};
    fields.rules[0].id = "ignored";
    fields.rules[0].sources->push_back("unknown");
    fields.rules.push_back(fields.rules[0]);
    fields.rules[1].fresh_id = "second";
    CHECK(events_of(account, CreatePolicy{"p", fields}) == Events{9});
    const auto& policy = *account->policies.find("p");
    CHECK(policy.rules[0].id == "p");
    CHECK(policy.rules[1].id == "second");
    CHECK(policy.rules[0].sources == std::vector<Id>{"g-all"});
    CHECK(policy.source_posture_checks.empty());

    account.add_group("g");
    fields = valid();
    fields.rules[0].id = "p";
    fields.rules[0].sources = std::vector<Id>{"g-all", "g"};
    CHECK(events_of(account, UpdatePolicy{"p", fields}) == Events{10});
    const auto serial = account->serial;
    fields.rules[0].sources = std::vector<Id>{"g", "g-all"};
    CHECK(events_of(account, UpdatePolicy{"p", fields}).empty());
    CHECK(account->serial == serial);
    fields.rules[0].id = "foreign";
    check_refused(account, {{UpdatePolicy{"p", fields}, invalid, "invalid rule id: foreign"}});
    CHECK(events_of(account, DeletePolicy{"p"}) == Events{11});
    CHECK(account->serial == serial + 1);
}

TEST_CASE("posture checks that are refused") {
    using P = PostureCheck;
    Account account;
    check_refused(
        account,
        {refused_check([](P& c) { c.name.clear(); }, "posture checks name shouldn't be empty"),
         refused_check([](P&) {}, "posture checks shouldn't be empty"),
         refused_check([](P& c) { c.agent_version.emplace(); }, "nbversioncheck minimum version shouldn't be empty"),
         refused_check([](P& c) { c.agent_version = P::Version{"new"}; }, "nbversioncheck version: new is not valid"),
         refused_check([](P& c) { c.os_version.emplace(); },
                       "osversioncheck at least one os version check is required"),
         refused_check([](P& c) { c.os_version.emplace().linux_kernel = "x"; },
                       "osversioncheck  linux kernel version: x is not valid"),
         refused_check([](P& c) { c.location.emplace(); }, "geolocationcheck action shouldn't be empty"),
         refused_check(
             [](P& c) {
                 c.location = P::Location{"perhaps", {}};
             },
             "geolocationcheck action is not valid"),
         refused_check(
             [](P& c) {
                 c.location = P::Location{"allow", {}};
             },
             "geolocationcheck locations shouldn't be empty"),
         refused_check(
             [](P& c) {
                 c.location = P::Location{"allow", {{"DEU", ""}}};
             },
             "geolocationcheck country code must be 2 letters (iso 3166-1 alpha-2 format)"),
         refused_check(
             [](P& c) {
                 c.network_range = P::NetworkRange{"allow", {"10.0.0.0/33"}};
             },
             "invalid network prefix"),
         refused_check(
             [](P& c) {
                 c.network_range = P::NetworkRange{"allow", {}};
             },
             "peernetworkrangecheck network ranges shouldn't be empty"),
         refused_check([](P& c) { c.processes.emplace(); }, "processcheck processes shouldn't be empty"),
         refused_check([](P& c) { c.processes.emplace().emplace_back(); }, "processcheck path shouldn't be empty"),
         {UpdatePostureCheck{valid_check()}, not_found, "posture checks: pc not found"},
         {DeletePostureCheck{"pc"}, not_found, "posture checks: pc not found"}});
}

TEST_CASE("posture checks are created, changed and deleted") {
    Account account;
    const auto serial = account->serial;
    CHECK(events_of(account, CreatePostureCheck{valid_check()}) == Events{60});
    CHECK(account->serial == serial);
    auto other = valid_check();
    other.id = "other";
    check_refused(account, {{CreatePostureCheck{other}, invalid, "posture checks with name recent already exists"}});
    auto fields = valid();
    fields.source_posture_checks = {"pc"};
    REQUIRE(account.execute(CreatePolicy{"p", fields}));
    check_refused(account,
                  {{DeletePostureCheck{"pc"}, precondition, "posture checks have been linked to policy: web"}});
    auto stricter = valid_check();
    stricter.agent_version->min_version = "0.70.0";
    CHECK(events_of(account, UpdatePostureCheck{stricter}) == Events{61});
    REQUIRE(account.execute(DeletePolicy{"p"}));
    CHECK(events_of(account, DeletePostureCheck{"pc"}) == Events{62});
}
