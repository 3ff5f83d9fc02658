// What the recordings do not show.
#include "actors/management/network_map.hpp"

#include "account_fixture.hpp"
#include "actors/core/encoding.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

Account two_peers() {
    Account account;
    account.add_setup_key("k");
    REQUIRE(account.execute(registration("a")));
    REQUIRE(account.execute(registration("b")));
    return account;
}

}  // namespace

TEST_CASE("the serial and the deadline of the login") {
    auto account = two_peers();
    auto response = account.sync("a");
    CHECK(response.networkmap().serial() == 2);
    CHECK(response.version() == 0);
    CHECK_FALSE(response.has_netbirdconfig());
    REQUIRE(response.has_sessionexpiresat());
    CHECK(response.sessionexpiresat().seconds() == 0);

    auto peer = account.peer("a");
    peer.user = "u-owner";
    peer.login_expiration_enabled = true;
    peer.last_login = start + std::chrono::nanoseconds(7);
    account.change({Put<Peer>{std::make_shared<const Peer>(peer)}});
    response = account.sync("a");
    CHECK(response.sessionexpiresat().seconds() == 1'800'000'000 + 86'400);
    CHECK(response.sessionexpiresat().nanos() == 7);
}

TEST_CASE("the meta of the request decides about the IPv6 address in Login") {
    auto account = two_peers();
    auto meta = account.peer("a").meta;
    CHECK(login_peer_config(*account, account.peer("a"), meta, account.rules).address_v6().empty());
    meta.capabilities.insert(2);
    const auto config = login_peer_config(*account, account.peer("a"), meta, account.rules);
    REQUIRE(config.address_v6().size() == 17);
    CHECK(config.address_v6().back() == 64);
    meta.flags.disable_ipv6 = true;
    CHECK(login_peer_config(*account, account.peer("a"), meta, account.rules).address_v6().empty());
}

TEST_CASE("legacy SSH lets the users of the account in") {
    auto account = two_peers();
    auto ssh = [&] { return account.sync("a").networkmap().sshauth(); };
    CHECK(ssh().useridclaim() == "sub");
    CHECK(ssh().authorizedusers().empty());

    auto command = update_of(account.peer("a"));
    command.ssh_enabled = true;
    REQUIRE(account.execute(command));
    CHECK(login_peer_config(*account, account.peer("a"), {}, account.rules).sshconfig().sshenabled());
    REQUIRE(ssh().authorizedusers_size() == 1);
    CHECK(ssh().authorizedusers(0).size() == 16);
    REQUIRE(ssh().machine_users().at("*").indexes_size() == 1);
    CHECK(ssh().machine_users().at("*").indexes(0) == 0);

    auto owner = *account->users.find("u-owner");
    owner.blocked = true;
    account.change({Put<User>{std::make_shared<const User>(owner)}});
    CHECK(ssh().authorizedusers().empty());
}

TEST_CASE("dangling references are skipped") {
    auto account = two_peers();
    auto policy = *account->policies.find("pol-default");
    policy.rules[0].sources = {"gone", "g-all"};
    policy.rules[0].destinations = {"gone"};
    account.change({Put<Policy>{std::make_shared<const Policy>(policy)}});
    const auto map = account.sync("a").networkmap();
    CHECK(map.remotepeersisempty());
    CHECK(map.firewallrulesisempty());
    CHECK(map.routesfirewallrulesisempty());
}

TEST_CASE("rules of one id are sent once each") {
    auto account = two_peers();
    auto policy = *account->policies.find("pol-default");
    policy.rules.push_back(policy.rules[0]);
    account.change({Put<Policy>{std::make_shared<const Policy>(policy)}});
    CHECK(account.sync("a").networkmap().firewallrules_size() == 2);
}
