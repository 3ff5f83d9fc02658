#include "refusals.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

Account with_peers() {
    Account account;
    account.add_setup_key("k");
    REQUIRE(account.execute(registration("a")));
    REQUIRE(account.execute(registration("b")));
    return account;
}

}  // namespace

TEST_CASE("groups are created, changed and deleted") {
    auto account = with_peers();
    CHECK(events_of(account, CreateGroup{"g", {"staff", {"a", "unknown", "a"}, {}}}) == Events{16, 18});
    CHECK(account->groups.find("g")->peers == IdSet{"a"});

    const auto changes = account.execute(UpdateGroup{"g", {"team", {"b"}, {{"res", "host"}, {"res", "host"}}}});
    REQUIRE(changes);
    REQUIRE(changes->events.size() == 3);
    CHECK(changes->events[0].activity == 17);
    CHECK(changes->events[0].meta == std::map<std::string, std::string>{{"old_name", "staff"}, {"new_name", "team"}});
    CHECK(changes->events[1].activity == 18);
    CHECK(changes->events[1].target == "b");
    CHECK(changes->events[2].activity == 19);
    CHECK(changes->events[2].meta.at("peer_fqdn") == "a.netbird.selfhosted");
    CHECK(account->groups.find("g")->resources == std::vector<ResourceRef>{{"res", "host"}});

    REQUIRE(account.execute(UpdateGroup{"g", {"team", {"b"}, {}}}));
    const auto serial = account->serial;
    CHECK(events_of(account, UpdateGroup{"g", {"team", {"b"}, {}}}).empty());
    CHECK(account->serial == serial);
    CHECK(events_of(account, DeleteGroup{"g"}) == Events{48});
    CHECK_FALSE(account->groups.find("g"));
}

TEST_CASE("groups that are refused") {
    auto account = with_peers();
    account.add_group("g", {"a"});
    check_refused(account, {{CreateGroup{"x", {"", {}, {}}}, invalid, "group name shouldn't be empty"},
                            {CreateGroup{"x", {"g", {}, {}}}, conflict, "group with name g already exists"},
                            {UpdateGroup{"x", {"n", {}, {}}}, not_found, "group: x not found"},
                            {UpdateGroup{"g-all", {"n", {}, {}}}, invalid, "updating group all is not allowed"},
                            {UpdateGroup{"g", {"", {}, {}}}, invalid, "group name shouldn't be empty"},
                            {DeleteGroup{"x"}, bad_request, "group: x not found"},
                            {DeleteGroup{"g-all"}, bad_request, "deleting group ALL is not allowed"}});
}

TEST_CASE("a group that something names stays") {
    auto account = with_peers();
    account.add_group("g");
    const auto refused = [&](const std::string& link) {
        check_refused(account, {{DeleteGroup{"g"}, bad_request, "group has been linked to " + link}});
    };
    REQUIRE(account.execute(UpdateDnsSettings{std::vector<Id>{"g"}}));
    refused("disabled DNS management groups: g");
    REQUIRE(account.execute(CreateNetwork{{"n", "net", ""}}));
    NetworkRouter router;
    router.id = "r";
    router.network = "n";
    router.peer_groups = {"g"};
    REQUIRE(account.execute(CreateNetworkRouter{router}));
    refused("network router: r");
    REQUIRE(account.execute(UpdateUser{"u-owner", "owner", std::vector<Id>{"g"}, false}));
    refused("user: u-owner");
    SetupKey key;
    key.auto_groups = {"g"};
    account.add_setup_key("key", key);
    refused("setup key: key");
    PolicyFields fields;
    fields.name = "web";
    auto& rule = fields.rules.emplace_back();
    rule.action = "accept";
    rule.protocol = "all";
    rule.sources = rule.destinations = std::vector<Id>{"g"};
    REQUIRE(account.execute(CreatePolicy{"p", fields}));
    refused("policy: web");
    RouteFields route;
    route.net_id = "office";
    route.network = "10.0.0.0/8";
    route.peer = "a";
    route.groups = {"g"};
    REQUIRE(account.execute(CreateRoute{"rt", route}));
    refused("route: office");
}

TEST_CASE("an integration's group is its service user's") {
    auto account = with_peers();
    Group group;
    group.id = group.name = "g";
    group.issued = "integration";
    account.change({Put<Group>{std::make_shared<const Group>(group)}});
    check_refused(
        account, {{DeleteGroup{"g"}, bad_request, "only service users with admin power can delete integration group"}});
    REQUIRE(account.execute(CreateUser{"svc", "", "robot", "admin", {}, true, ""}));
    CHECK(events_of(account, DeleteGroup{"g"}, {"svc"}) == Events{48});
}

TEST_CASE("a deleted peer leaves nothing behind but its routes") {
    auto account = with_peers();
    account.add_group("g", {"a"});
    PolicyFields fields;
    fields.name = "one";
    auto& rule = fields.rules.emplace_back();
    rule.action = "accept";
    rule.protocol = "all";
    rule.source_resource = ResourceRef{"a", "peer"};
    rule.destinations = std::vector<Id>{"g-all"};
    REQUIRE(account.execute(CreatePolicy{"p", fields}));
    RouteFields route;
    route.net_id = "office";
    route.network = "10.0.0.0/8";
    route.peer = "a";
    route.groups = {"g-all"};
    REQUIRE(account.execute(CreateRoute{"rt", route}));
    CHECK(events_of(account, DeletePeer{"a"}) == Events{5, 11});
    CHECK_FALSE(account->policies.find("p"));
    CHECK_FALSE(account->groups.find("g")->peers.contains("a"));
    CHECK(account->routes.find("rt")->peer == "a");

    REQUIRE(account.execute(CreateNetwork{{"n", "net", ""}}));
    NetworkRouter router;
    router.id = "r";
    router.network = "n";
    router.peer = "b";
    REQUIRE(account.execute(CreateNetworkRouter{router}));
    check_refused(account, {{DeletePeer{"b"}, precondition, "peer is linked to a network router: r"}});
}

TEST_CASE("with approval switched on a new peer waits") {
    auto account = with_peers();
    UpdateSettings settings;
    settings.settings = account->settings;
    settings.extra = account->settings.extra;
    settings.extra->peer_approval_enabled = true;
    CHECK(events_of(account, settings) == Events{55});
    const auto registered = account.execute(registration("c"));
    REQUIRE(registered);
    CHECK(registered->events[0].meta.at("pending_approval") == "true");
    CHECK(account.sync("c").networkmap().remotepeersisempty());
    CHECK(account.sync("c").networkmap().firewallrulesisempty());
    CHECK_FALSE(account.sync("c").networkmap().has_sshauth());
    CHECK(account.sync("a").networkmap().remotepeers_size() == 1);
    auto approval = update_of(account.peer("c"));
    CHECK(events_of(account, approval).empty());
    approval.approval_required = false;
    CHECK(events_of(account, approval) == Events{57});
    CHECK(account.sync("c").networkmap().remotepeers_size() == 2);
    CHECK(account.sync("a").networkmap().remotepeers_size() == 2);
}
