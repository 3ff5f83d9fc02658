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
    account.add_group("g", {"a", "b"});
    return account;
}

RouteFields valid() {
    RouteFields fields;
    fields.net_id = "office";
    fields.network = "10.1.2.3/16";
    fields.peer = "a";
    fields.groups = {"g-all"};
    return fields;
}

template <class Change>
Refusal refused(Change change, const std::string& text) {
    auto fields = valid();
    change(fields);
    return {CreateRoute{"rt", fields}, invalid, text};
}

NetworkRouter router(const Id& id, const Id& network) {
    NetworkRouter router;
    router.id = id;
    router.network = network;
    router.peer = "a";
    return router;
}

}  // namespace

TEST_CASE("routes that are refused") {
    using F = RouteFields;
    auto account = with_peers();
    check_refused(
        account,
        {refused([](F& f) { f.domains = {{"example.com"}}; }, "only one of 'network' or 'domains' should be provided"),
         refused([](F& f) { f.network.reset(); }, "either 'network' or 'domains' should be provided"),
         refused([](F& f) { f.peer.reset(); }, "either 'peer' or 'peer_groups' should be provided"),
         refused([](F& f) { f.peer_groups = {{"g"}}; }, "only one of 'peer' or 'peer_groups' should be provided"),
         refused([](F& f) { f.net_id = std::string(41, 'x'); }, "identifier should be between 1 and 40 characters"),
         refused([](F& f) { f.network = "10.1.0.0"; }, "invalid network 10.1.0.0"),
         refused(
             [](F& f) {
                 f.network.reset();
                 f.domains = std::vector<std::string>{};
             },
             "invalid domains: domains list is empty"),
         refused(
             [](F& f) {
                 f.network.reset();
                 f.domains = {{"a..b"}};
             },
             "invalid domains: invalid domain format: a..b"),
         refused([](F& f) { f.metric = 0; }, "metric should be between 1 and 9999"),
         refused([](F& f) { f.groups.clear(); }, "the list of group ids should not be empty"),
         refused([](F& f) { f.groups = {""}; }, "group id should not be empty string"),
         refused([](F& f) { f.access_control_groups = {"x"}; }, "group id x not found"),
         refused([](F& f) { f.peer = "x"; }, "peer with id x not found"),
         {UpdateRoute{"rt", valid()}, not_found, "route: rt not found"},
         {DeleteRoute{"rt"}, not_found, "failed to delete route rt: route: rt not found"}});
}

TEST_CASE("routes are created, changed and deleted") {
    auto account = with_peers();
    const auto created = account.execute(CreateRoute{"rt", valid()});
    REQUIRE(created);
    CHECK(created->events[0].activity == 27);
    CHECK(created->events[0].meta == std::map<std::string, std::string>{{"name", "office"},
                                                                        {"network_range", "10.1.0.0/16"},
                                                                        {"domains", ""},
                                                                        {"peer_id", "a"},
                                                                        {"peer_groups", "[]"}});
    CHECK(account->routes.find("rt")->network == "10.1.0.0/16");

    const std::string taken = "failed to add route with prefix 10.1.0.0/16 - ";
    check_refused(account, {{CreateRoute{"rt2", valid()}, conflict, taken + "peer a already has this route"}});
    auto by_group = valid();
    by_group.peer.reset();
    by_group.peer_groups = {{"g"}};
    check_refused(account,
                  {{CreateRoute{"rt2", by_group}, conflict, taken + "peer a from the group g already has this route"}});

    auto fields = valid();
    fields.network.reset();
    fields.domains = {{"Büro.Example.com", "*.example.org"}};
    CHECK(events_of(account, UpdateRoute{"rt", fields}) == Events{29});
    CHECK(account->routes.find("rt")->domains == std::vector<std::string>{"xn--bro-hoa.example.com", "*.example.org"});
    CHECK(account->routes.find("rt")->network.empty());
    CHECK(events_of(account, DeleteRoute{"rt"}) == Events{28});
}

TEST_CASE("networks with their resources and routers") {
    auto account = with_peers();
    auto serial = account->serial;
    CHECK(events_of(account, CreateNetwork{{"n", "net", ""}}) == Events{73});
    CHECK(events_of(account, UpdateNetwork{{"n", "office", ""}}) == Events{74});
    CHECK(account->serial == serial);
    CHECK(events_of(account, CreateNetworkResource{"r1", {"n", "db", "", "10.0.0.1", true, {"g"}}}) == Events{76, 82});
    CHECK(account->network_resources.find("r1")->address == "10.0.0.1/32");
    CHECK(account->groups.find("g")->resources == std::vector<ResourceRef>{{"r1", "host"}});
    CHECK(events_of(account, CreateNetworkResource{"r2", {"n", "web", "", "*.example.com", true, {}}}) == Events{76});
    CHECK(account->network_resources.find("r2")->type == ResourceType::domain);
    CHECK(events_of(account, UpdateNetworkResource{"r1", {"n", "db", "", "10.0.1.5/24", true, {"g-all"}}}) ==
          Events{77, 82, 83});
    CHECK(account->network_resources.find("r1")->type == ResourceType::subnet);
    CHECK(account->network_resources.find("r1")->address == "10.0.1.5/24");
    auto disabled = router("nr", "n");
    disabled.enabled = false;
    CHECK(events_of(account, CreateNetworkRouter{disabled}) == Events{79});
    CHECK(account->network_routers.find("nr")->enabled);
    CHECK(events_of(account, UpdateNetworkRouter{disabled}) == Events{80});
    CHECK_FALSE(account->network_routers.find("nr")->enabled);
    CHECK(events_of(account, CreateNetwork{{"other", "net", ""}}) == Events{73});

    auto both = router("x", "n");
    both.peer_groups = {"g"};
    auto none = router("x", "n");
    none.peer.clear();
    const std::string failed = "failed to create network resource: ";
    check_refused(
        account,
        {{UpdateNetwork{{"x", "", ""}}, not_found, "failed to get network: network: x not found"},
         {DeleteNetwork{"x"}, not_found, "failed to get network: network: x not found"},
         {CreateNetworkResource{"x", {"x", "", "", "10.0.0.1", true, {}}}, not_found,
          failed + "failed to get network: network: x not found"},
         {CreateNetworkResource{"x", {"n", "db", "", "10.0.0.1", true, {}}}, invalid,
          failed + "resource with name db already exists"},
         {CreateNetworkResource{"x", {"n", "y", "", "10.0.0.1", true, {"x"}}}, not_found,
          failed + "failed to add resource to group: error adding resource to group: group: x not found"},
         {CreateNetworkResource{"x", {"n", "y", "", "not a host", true, {}}}, invalid,
          "\"not a host\" is not a valid host, subnet, or domain"},
         {UpdateNetworkResource{"r2", {"n", "db", "", "10.0.0.1", true, {}}}, invalid,
          "failed to update network resource: new resource name already exists"},
         {UpdateNetworkResource{"r2", {"other", "web", "", "10.0.0.1", true, {}}}, bad_request,
          "resource r2 is not part of the network other"},
         {DeleteNetworkResource{"x", "n"}, not_found,
          "failed to delete network resource: failed to get network resource: network resource: x not found"},
         {CreateNetworkRouter{both}, bad_request, "peer and peer_groups cannot be set at the same time"},
         {CreateNetworkRouter{none}, bad_request, "either peer or peer_groups must be provided"},
         {UpdateNetworkRouter{router("nr", "other")}, bad_request, "router nr is not part of the network other"},
         {DeleteNetworkRouter{"x", "n"}, not_found, "failed to get network router: network router: x not found"}});

    CHECK(events_of(account, DeleteNetwork{"n"}) == Events{83, 78, 78, 81, 75});
    CHECK(account->network_resources.empty());
    CHECK(account->network_routers.empty());
    CHECK(account->groups.find("g-all")->resources.empty());
}
