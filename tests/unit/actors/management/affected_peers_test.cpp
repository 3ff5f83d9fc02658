#include <functional>

#include "actors/management/network_map.hpp"
#include "naive_map.hpp"
#include "random_account.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

std::map<PeerId, Json> naive_maps(const AccountState& account, const Account& context) {
    std::map<PeerId, Json> out;
    for (const auto& [id, peer] : account.peers) out[id] = naive_response(account, context.rules, id, context.now);
    return out;
}

std::set<PeerId> affected_by(Account& account, const std::function<void()>& change) {
    const auto before = account.view();
    change();
    return affected_peers(*before, *account.view());
}

}  // namespace

TEST_CASE("random accounts: maps are those of the naive rules, and whoever's map changes is told") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    const int accounts = 12, steps = 150;
    std::size_t told = 0, changed = 0, accepted = 0;
    for (int a = 0; a < accounts; ++a) {
        RandomCommands random(seed + static_cast<std::uint64_t>(a));
        Account account(make_account(new_account(), start), seed);
        auto maps = naive_maps(*account, account);
        auto view = account.view();
        for (int i = 0; i < steps; ++i) {
            INFO("account " << a << ", step " << i);
            const auto serial = account->serial;
            if (random.below(12) == 0) {
                account.change(random.change(*account));
            } else if (!account.execute(random.next(*account))) {
                continue;
            }
            ++accepted;
            const auto before = std::exchange(view, account.view());
            const auto affected = affected_peers(*before, *view);
            const auto old_maps = std::exchange(maps, naive_maps(*account, account));
            told += affected.size();
            for (const auto& [id, map] : maps) {
                INFO("peer " << id);
                const auto ours = normalised(sync_response(*view, *view->find(id), account.now).bytes);
                REQUIRE(differences(ours, map) == "[]");
                const auto old = old_maps.find(id);
                if (old != old_maps.end() && old->second == map) continue;
                ++changed;
                REQUIRE(affected.contains(id));
                REQUIRE(account->serial > serial);
            }
        }
        // Prepared step by step is prepared from nothing.
        const auto fresh = compile(view->state, account.rules, nullptr);
        for (const auto& [id, peer] : view->peers_by_id)
            REQUIRE(differences(normalised(sync_response(*fresh, *fresh->find(id), account.now).bytes),
                                normalised(sync_response(*view, *peer, account.now).bytes)) == "[]");
    }
    INFO(told << " told, " << changed << " changed, " << accepted << " changes");
    CHECK(changed > 100);
    CHECK(told < 10 * changed);
}

TEST_CASE("who is affected is no more than the neighbourhood") {
    Account account;
    account.mutable_state().policies = {};
    account.add_setup_key("k");
    for (const auto* id : {"a", "b", "c", "d"}) REQUIRE(account.execute(registration(id)));
    account.add_group("g-ab", {"a", "b"});
    account.add_group("g-c", {"c"});
    Policy policy;
    policy.id = "pol";
    policy.rules.resize(1);
    policy.rules[0].id = "pol";
    policy.rules[0].sources = {"g-ab"};
    policy.rules[0].destinations = {"g-c"};
    const auto changed = [&](std::vector<Change> changes) {
        return affected_by(account, [&] { account.change(std::move(changes)); });
    };
    const auto executed = [&](const Command& command) {
        return affected_by(account, [&] { REQUIRE(account.execute(command)); });
    };
    using Peers = std::set<PeerId>;
    CHECK(changed({Put<Policy>{std::make_shared<const Policy>(policy)}}) == Peers{"a", "b", "c"});
    CHECK(changed({Put<Policy>{std::make_shared<const Policy>(policy)}}).empty());
    CHECK(changed({Members{"g-ab", {"d"}, {}}}) == Peers{"c", "d"});
    CHECK(changed({Members{"g-ab", {}, {"d"}}}) == Peers{"c", "d"});

    auto command = update_of(account.peer("a"));
    command.name = "renamed";
    CHECK(executed(command) == Peers{"a", "c"});
    CHECK(executed(DeletePeer{"c"}) == Peers{"a", "b"});
    CHECK(executed(DeleteSetupKey{"k"}).empty());
}

TEST_CASE("the first old agent and the departure of the last one concern everybody") {
    Account account;
    account.mutable_state().policies = {};
    account.add_setup_key("k");
    REQUIRE(account.execute(registration("a")));
    REQUIRE(account.execute(registration("b")));
    auto old = registration("c");
    old.meta.agent_version = "0.58.2";
    CHECK(affected_by(account, [&] { REQUIRE(account.execute(old)); }) == std::set<PeerId>{"a", "b", "c"});
    CHECK(account.sync("a").networkmap().dnsconfig().forwarderport() == 5353);

    CHECK(affected_by(account, [&] { REQUIRE(account.execute(DeletePeer{"c"})); }) == std::set<PeerId>{"a", "b"});
    CHECK(account.sync("a").networkmap().dnsconfig().forwarderport() == 22054);
    ::management::SyncResponse last;
    REQUIRE(last.ParseFromString(farewell(*account.view()).bytes));
    CHECK(last.networkmap().dnsconfig().forwarderport() == 22054);
}

// The five cases in which NetBird's own server forgets somebody.
TEST_CASE("nobody is forgotten") {
    Account account;
    account.mutable_state().policies = {};
    account.add_setup_key("k");
    for (const auto* id : {"client", "router", "other"}) {
        auto peer = registration(id);
        peer.meta.capabilities = {1, 2};
        REQUIRE(account.execute(peer));
    }
    account.add_group("g-client", {"client"});
    account.add_group("g-router", {"router"});
    account.add_group("g-access");
    const auto executed = [&](const Command& command) {
        return affected_by(account, [&] { REQUIRE(account.execute(command)); });
    };
    const auto policy = [](std::vector<Id> sources, std::vector<Id> destinations) {
        PolicyFields fields;
        fields.name = "policy";
        auto& rule = fields.rules.emplace_back();
        rule.action = "accept";
        rule.protocol = "tcp";
        rule.sources = std::move(sources);
        rule.destinations = std::move(destinations);
        return fields;
    };
    RouteFields route;
    route.net_id = "office";
    route.network = "10.1.0.0/16";
    route.peer = "router";
    route.groups = {"g-client"};
    route.access_control_groups = {"g-access"};
    REQUIRE(account.execute(CreatePolicy{"edge", policy({"g-client"}, {"g-router"})}));
    REQUIRE(account.execute(CreateRoute{"route", route}));

    SECTION("a policy that only governs the access through a route is changed, and deleted") {
        CHECK(executed(CreatePolicy{"access", policy({"g-client"}, {"g-access"})}).contains("router"));
        auto fields = policy({"g-client"}, {"g-access"});
        fields.rules[0].ports = {"443"};
        CHECK(executed(UpdatePolicy{"access", fields}).contains("router"));
        CHECK(account.sync("router").networkmap().routesfirewallrules_size() == 1);
        CHECK(executed(DeletePolicy{"access"}).contains("router"));
        CHECK(account.sync("router").networkmap().routesfirewallrules_size() == 0);
    }
    SECTION("a peer has another SSH key") {
        CHECK(executed(LoginPeer{"router", "ssh-ed25519 AAAA", {}}) == std::set<PeerId>{"client", "router"});
    }
    SECTION("a peer loses and gains its IPv6 address with a group") {
        UpdateSettings settings;
        settings.settings = account->settings;
        settings.settings.ipv6_enabled_groups = {"g-router"};
        REQUIRE(account.execute(settings));
        CHECK_FALSE(account.peer("client").ipv6);
        CHECK(executed(UpdateGroup{"g-router", {"g-router", {}, {}}}).contains("router"));
        CHECK_FALSE(account.peer("router").ipv6);
        const auto told = executed(UpdateGroup{"g-router", {"g-router", {"router"}, {}}});
        CHECK(told.contains("router"));
        CHECK(told.contains("client"));
        CHECK(account.peer("router").ipv6);
    }
    SECTION("a peer switches its IPv6 off") {
        auto meta = account.peer("router").meta;
        meta.flags.disable_ipv6 = true;
        const auto serial = account->serial;
        CHECK(executed(UpdatePeerMeta{"router", meta, false}) == std::set<PeerId>{"client", "router"});
        CHECK(account->serial > serial);
    }
    SECTION("a routing peer is deleted that others know only by its route") {
        REQUIRE(account.execute(DeletePolicy{"edge"}));
        CHECK(account.sync("client").networkmap().dnsconfig().customzones(0).records_size() == 4);
        CHECK(executed(DeletePeer{"router"}) == std::set<PeerId>{"client"});
        CHECK(account.sync("client").networkmap().dnsconfig().customzones(0).records_size() == 2);
    }
}
