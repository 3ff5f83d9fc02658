#include "account_fixture.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;
using core::Error;
using core::ErrorKind;

namespace {

Account two_peers() {
    Account account;
    account.add_setup_key("k");
    REQUIRE(account.execute(registration("p", "k", "web")));
    REQUIRE(account.execute(registration("q", "k", "db")));
    return account;
}

void make_sso(Account& account, const PeerId& id) {
    auto peer = account.peer(id);
    peer.user = "u-owner";
    peer.login_expiration_enabled = peer.inactivity_expiration_enabled = true;
    account.change({Put<Peer>{std::make_shared<const Peer>(peer)}});
}

std::vector<int> activities(const ChangeSet& changes) {
    std::vector<int> out;
    for (const auto& e : changes.events) out.push_back(e.activity);
    return out;
}

}  // namespace

TEST_CASE("Login keeps a changed SSH key and nothing else") {
    auto account = two_peers();
    const auto serial = account->serial;
    SECTION("the same key") {
        const auto changes = account.execute(LoginPeer{"p", "", {}});
        REQUIRE(changes);
        CHECK(changes->empty());
        CHECK(changes->commit == account->commit);
        CHECK(account->serial == serial);
    }
    SECTION("another key reaches others' maps") {
        REQUIRE(account.execute(LoginPeer{"p", "ssh-ed25519 AAAA", {}}));
        CHECK(account.peer("p").ssh_key == "ssh-ed25519 AAAA");
        CHECK(account->serial == serial + 1);
    }
    SECTION("labels that it may not have") {
        CHECK(account.execute(LoginPeer{"p", "", {"api"}}).error() ==
              Error{ErrorKind::precondition_failed, "couldn't login peer: setup key doesn't allow extra DNS labels"});
    }
    SECTION("labels that it may have change nothing") {
        auto peer = account.peer("p");
        peer.allow_extra_dns_labels = true;
        account.change({Put<Peer>{std::make_shared<const Peer>(peer)}});
        CHECK(account.execute(LoginPeer{"p", "", {"api"}})->empty());
    }
    SECTION("gone meanwhile") {
        CHECK(account.execute(LoginPeer{"x", "", {}}).error() == Error{ErrorKind::not_found, "peer not found: x"});
    }
}

TEST_CASE("meta is kept when it differs, and raises the serial when maps do") {
    auto account = two_peers();
    const auto serial = account->serial;
    auto meta = account.peer("p").meta;

    SECTION("the same") {
        CHECK(account.execute(UpdatePeerMeta{"p", meta, false})->empty());
    }
    SECTION("the same in a SyncMeta") {
        CHECK(account.execute(UpdatePeerMeta{"p", meta, true})->empty());
    }
    SECTION("the same in another order") {
        meta.network_addresses = {{"10.0.0.1/24", "aa"}, {"10.0.1.1/24", "bb"}};
        meta.files = {{"/a", true, false}, {"/b", true, true}};
        REQUIRE(account.execute(UpdatePeerMeta{"p", meta, false}));
        std::swap(meta.network_addresses[0], meta.network_addresses[1]);
        std::swap(meta.files[0], meta.files[1]);
        CHECK(account.execute(UpdatePeerMeta{"p", meta, false})->empty());
    }
    SECTION("an empty one is ignored, capabilities and flags or not") {
        PeerMeta empty;
        empty.capabilities = {2};
        empty.flags.disable_ipv6 = true;
        CHECK(account.execute(UpdatePeerMeta{"p", empty, true})->empty());
    }
    SECTION("an empty UI version keeps the old one") {
        meta.ui_version = "netbird-ui/1";
        REQUIRE(account.execute(UpdatePeerMeta{"p", meta, false}));
        meta.ui_version.clear();
        CHECK(account.execute(UpdatePeerMeta{"p", meta, false})->empty());
        CHECK(account.peer("p").meta.ui_version == "netbird-ui/1");
    }
    SECTION("what no map shows stays outside the serial") {
        meta.kernel_version = "6.9.0";
        const auto changes = account.execute(UpdatePeerMeta{"p", meta, false});
        REQUIRE(changes);
        CHECK_FALSE(changes->empty());
        CHECK(account.peer("p").meta.kernel_version == "6.9.0");
        CHECK(account->serial == serial);
        CHECK(account->commit == changes->commit);
    }
    SECTION("announced changes raise it") {
        meta.kernel_version = "6.9.0";
        REQUIRE(account.execute(UpdatePeerMeta{"p", meta, true}));
        CHECK(account->serial == serial + 1);
    }
    SECTION("version, host name, capabilities, IPv6 switch raise it") {
        for (const auto change :
             {+[](PeerMeta& m) { m.agent_version = "0.60.0"; }, +[](PeerMeta& m) { m.hostname = "other"; },
              +[](PeerMeta& m) {
                  m.capabilities = {1, 2};
              },
              +[](PeerMeta& m) { m.flags.disable_ipv6 = true; }, +[](PeerMeta& m) { m.capabilities = {2}; }}) {
            const auto before = account->serial;
            change(meta);
            REQUIRE(account.execute(UpdatePeerMeta{"p", meta, false}));
            CHECK(account->serial == before + 1);
        }
        CHECK(account.peer("p").dns_label == "web");  // a host name does not rename
        CHECK(account.peer("p").name == "web");
    }
    SECTION("gone meanwhile") {
        CHECK(account.execute(UpdatePeerMeta{"x", meta, false}).error().kind == ErrorKind::not_found);
    }
}

TEST_CASE("an administrator updates a peer: nothing new") {
    auto account = two_peers();
    CHECK(account.execute(update_of(account.peer("p")))->empty());
    auto unknown = update_of(account.peer("p"));
    unknown.id = "x";
    CHECK(account.execute(unknown).error() == Error{ErrorKind::not_found, "peer not found: x"});
}

TEST_CASE("an administrator renames a peer") {
    auto account = two_peers();
    auto command = update_of(account.peer("p"));
    const auto label_of = [&](const std::string& name) {
        command.name = name;
        const auto changes = account.execute(command);
        REQUIRE(changes);
        CHECK(activities(*changes) == std::vector<int>{32});
        CHECK(changes->events[0].target == "p");
        CHECK(changes->events[0].initiator == "u-owner");
        CHECK(changes->events[0].meta.at("name") == name);
        CHECK(account.peer("p").name == name);
        return account.peer("p").dns_label;
    };
    CHECK(label_of("Build Server.local") == "build-server");
    CHECK(label_of("日本") == "xn--wgv71a");
    CHECK(label_of("a b_c.d") == "a-b-c");
    CHECK(label_of("***") == "-");
    CHECK(label_of(std::string(300, 'n')) == std::string(63, 'n'));
    const auto ip = account.peer("p").ip.value;
    CHECK(label_of("db") == "db-" + std::to_string(ip >> 8 & 255) + "-" + std::to_string(ip & 255));

    command.name = "";
    CHECK(account.execute(command).error() == Error{ErrorKind::invalid_argument, "peer name shouldn't be empty"});
    command.name = ".x";
    CHECK(account.execute(command).error().kind == ErrorKind::invalid_argument);
}

TEST_CASE("an administrator switches SSH and expirations") {
    auto account = two_peers();
    auto command = update_of(account.peer("p"));
    const auto ip = core::to_string(account.peer("p").ip);

    command.ssh_enabled = true;
    auto changes = account.execute(command);
    REQUIRE(changes);
    CHECK(activities(*changes) == std::vector<int>{30});
    CHECK(changes->events[0].target == ip);
    command.ssh_enabled = false;
    CHECK(activities(*account.execute(command)) == std::vector<int>{31});

    command.login_expiration_enabled = true;
    CHECK(account.execute(command).error() ==
          Error{ErrorKind::precondition_failed,
                "this peer hasn't been added with the sso login, therefore the login expiration can't be updated"});
    command.login_expiration_enabled = false;
    command.inactivity_expiration_enabled = true;
    CHECK(account.execute(command).error() ==
          Error{ErrorKind::precondition_failed,
                "this peer hasn't been added with the sso login, therefore the inactivity expiration can't be "
                "updated"});

    make_sso(account, "q");
    auto sso = update_of(account.peer("q"));
    sso.login_expiration_enabled = sso.inactivity_expiration_enabled = false;
    CHECK(activities(*account.execute(sso)) == std::vector<int>{34, 64});
    sso.login_expiration_enabled = sso.inactivity_expiration_enabled = true;
    CHECK(activities(*account.execute(sso)) == std::vector<int>{33, 63});
}

TEST_CASE("an administrator gives a peer another IPv4 address") {
    auto account = two_peers();
    auto command = update_of(account.peer("p"));
    const auto old = core::to_string(account.peer("p").ip);
    const auto error_of = [&](const std::string& ip) {
        command.ip = ip;
        const auto result = account.execute(command);
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == ErrorKind::invalid_argument);
        return result.error().message;
    };
    const std::string prefix = "update peer ip transaction: ";
    CHECK(error_of("").starts_with("invalid ip address : "));
    CHECK(error_of("100.90.0").starts_with("invalid ip address 100.90.0: "));
    CHECK(error_of("10.0.0.1") == prefix + "ip 10.0.0.1 is not within the account network range 100.90.0.0/16");
    CHECK(error_of("fd00::1") == prefix + "ip fd00::1 is not within the account network range 100.90.0.0/16");
    const auto taken = core::to_string(account.peer("q").ip);
    CHECK(error_of(taken) == prefix + "ip " + taken + " is already assigned to peer q");

    command.ip = old;
    CHECK(account.execute(command)->empty());
    command.ip = "100.90.255.255";  // the broadcast address is accepted
    const auto changes = account.execute(command);
    REQUIRE(changes);
    CHECK(activities(*changes) == std::vector<int>{88});
    CHECK(changes->events[0].target == "p");
    CHECK(changes->events[0].meta.at("old_ip") == old);
    CHECK(changes->events[0].meta.at("ip") == "100.90.255.255");
    CHECK(core::to_string(account.peer("p").ip) == "100.90.255.255");
}

TEST_CASE("an administrator gives a peer another IPv6 address") {
    auto account = two_peers();
    auto command = update_of(account.peer("p"));
    const auto error_of = [&](const std::string& ip) {
        command.ipv6 = ip;
        const auto result = account.execute(command);
        REQUIRE_FALSE(result);
        return result.error();
    };
    CHECK(error_of("x").message.starts_with("invalid ipv6 address x"));
    CHECK(error_of("10.0.0.1") == Error{ErrorKind::invalid_argument, "address 10.0.0.1 is not ipv6"});
    CHECK(error_of("fd00::1") ==
          Error{ErrorKind::invalid_argument, "ip fd00::1 is not within the account ipv6 range fd12:3456:789a:1::/64"});
    const auto taken = core::to_string(*account.peer("q").ipv6);
    CHECK(error_of(taken) == Error{ErrorKind::invalid_argument, "ipv6 " + taken + " is already assigned to peer db"});

    command.ipv6 = "fd12:3456:789a:1::5";
    REQUIRE(account.execute(command));
    CHECK(core::to_string(*account.peer("p").ipv6) == "fd12:3456:789a:1::5");

    account.mutable_state().settings.ipv6_enabled_groups.clear();
    CHECK(error_of("fd12:3456:789a:1::6") ==
          Error{ErrorKind::precondition_failed, "peer is not in any ipv6-enabled group"});
    account.mutable_state().network.net_v6.reset();
    CHECK(error_of("fd12:3456:789a:1::6") ==
          Error{ErrorKind::precondition_failed, "ipv6 is not configured for this account"});
}

TEST_CASE("one refused part of an update refuses all of it") {
    auto account = two_peers();
    auto command = update_of(account.peer("p"));
    command.ip = "100.90.1.1";
    command.name = "renamed";
    command.login_expiration_enabled = true;
    const auto before = *account;
    CHECK_FALSE(account.execute(command));
    CHECK(*account == before);
}

TEST_CASE("a deleted peer leaves its groups and its status") {
    auto account = two_peers();
    account.add_group("g", {"p", "q"});
    auto status = std::make_shared<PeerStatus>();
    status->peer = "p";
    status->connection_ip = "192.0.2.7";
    account.mutable_state().statuses = account->statuses.with("p", status);
    const auto serial = account->serial;

    const auto changes = account.execute(DeletePeer{"p"});
    REQUIRE(changes);
    CHECK(activities(*changes) == std::vector<int>{5});
    CHECK(changes->events[0].target == "p");
    CHECK(changes->events[0].meta.at("name") == "web");
    CHECK(changes->events[0].meta.at("location_connection_ip") == "192.0.2.7");
    CHECK_FALSE(account->peers.find("p"));
    CHECK_FALSE(account->statuses.find("p"));
    CHECK(account->groups.find("g")->peers == std::set<PeerId>{"q"});
    CHECK(account->groups.find("g-all")->peers == std::set<PeerId>{"q"});
    CHECK(account->serial == serial + 1);

    CHECK(account.execute(DeletePeer{"p"}).error() == Error{ErrorKind::not_found, "peer p account not found"});
}
