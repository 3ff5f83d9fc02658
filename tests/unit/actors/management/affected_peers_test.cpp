#include "actors/management/network_map.hpp"
#include "random_account.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

// The whole message without the serial.
std::map<PeerId, std::string> all_maps(const AccountState& account, const Account& context) {
    std::map<PeerId, std::string> out;
    for (const auto& [id, peer] : account.peers) {
        auto message = sync_response(account, *peer, context.now, context.rules);
        message.mutable_networkmap()->clear_serial();
        out[id] = message.SerializeAsString();
    }
    return out;
}

// Maps are made in the order of ids, so an unchanged one has the same bytes: whoever's bytes differ must be told.
void check_step(const AccountState& before, const Account& account, const ChangeSet& changes) {
    const auto affected = affected_peers(before, *account, changes);
    for (const auto& id : affected) CHECK(account->peers.find(id));
    const auto old_maps = all_maps(before, account);
    const auto new_maps = all_maps(*account, account);
    for (const auto& [id, map] : new_maps) {
        const auto old = old_maps.find(id);
        if (old != old_maps.end() && old->second == map) continue;
        INFO("peer " << id);
        CHECK(affected.contains(id));
        CHECK(account->serial > before.serial);
    }
}

}  // namespace

TEST_CASE("no peer outside the affected ones has another map after a random change") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    RandomCommands random(seed);
    Account account(make_account(new_account(), start), seed);
    for (int i = 0; i < 600; ++i) {
        INFO("step " << i);
        const auto before = *account;
        ChangeSet changes;
        if (random.below(3) == 0) {
            changes = account.change(random.change(before));
        } else {
            auto done = account.execute(random.next(before));
            if (!done) continue;
            changes = std::move(*done);
        }
        check_step(before, account, changes);
    }
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
    const auto affected_by = [&](std::vector<Change> changes) {
        const auto before = *account;
        return affected_peers(before, *account, account.change(std::move(changes)));
    };
    using Peers = std::set<PeerId>;
    CHECK(affected_by({Put<Policy>{std::make_shared<const Policy>(policy)}}) == Peers{"a", "b", "c"});
    CHECK(affected_by({Put<Policy>{std::make_shared<const Policy>(policy)}}).empty());
    CHECK(affected_by({Members{"g-ab", {"d"}, {}}}) == Peers{"c", "d"});
    CHECK(affected_by({Members{"g-ab", {}, {"d"}}}) == Peers{"c", "d"});

    auto command = update_of(account.peer("a"));
    command.name = "renamed";
    const auto before = *account;
    const auto changes = account.execute(command);
    REQUIRE(changes);
    CHECK(affected_peers(before, *account, *changes) == Peers{"a", "c"});

    const auto all = *account;
    const auto gone = account.execute(DeletePeer{"c"});
    REQUIRE(gone);
    CHECK(affected_peers(all, *account, *gone) == Peers{"a", "b"});

    const auto keys = account.execute(DeleteSetupKey{"k"});
    REQUIRE(keys);
    CHECK(affected_peers(*account, *account, *keys).empty());
}

TEST_CASE("the first old agent and the departure of the last one concern everybody") {
    Account account;
    account.mutable_state().policies = {};
    account.add_setup_key("k");
    REQUIRE(account.execute(registration("a")));
    REQUIRE(account.execute(registration("b")));
    auto old = registration("c");
    old.meta.agent_version = "0.58.2";
    auto before = *account;
    auto changes = account.execute(old);
    REQUIRE(changes);
    CHECK(affected_peers(before, *account, *changes) == std::set<PeerId>{"a", "b", "c"});
    CHECK(network_map(*account, account.peer("a"), start, {}).dnsconfig().forwarderport() == 5353);

    before = *account;
    changes = account.execute(DeletePeer{"c"});
    REQUIRE(changes);
    CHECK(affected_peers(before, *account, *changes) == std::set<PeerId>{"a", "b"});
    CHECK(network_map(*account, account.peer("a"), start, {}).dnsconfig().forwarderport() == 22054);
    CHECK(farewell(*account).networkmap().dnsconfig().forwarderport() == 22054);
}
