#include "account_fixture.hpp"
#include "actors/management/address_allocation.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;
using core::ErrorKind;

namespace {

Account with_key(SetupKey key = {}) {
    Account account;
    account.add_setup_key("k", std::move(key));
    return account;
}

// Answers of a fixed list, then zeros.
Random scripted(std::vector<std::uint64_t> values) {
    return [values = std::move(values), i = std::size_t{0}](std::uint64_t bound) mutable {
        return i < values.size() ? values[i++] % bound : 0;
    };
}

}  // namespace

TEST_CASE("a new peer gets an address, a label, its groups, and raises the serial") {
    Account account;
    account.add_group("g-auto");
    SetupKey key;
    key.auto_groups = {"g-auto", "g-deleted"};
    account.add_setup_key("k", key);

    const auto changes = account.execute(registration("p", "k", "Web Server.lan"));
    REQUIRE(changes);
    const auto& peer = account.peer("p");
    CHECK(peer.name == "Web Server.lan");
    CHECK(peer.dns_label == "web-server");
    CHECK(account->network.net.contains(peer.ip));
    REQUIRE(peer.ipv6);
    CHECK(account->network.net_v6->contains(*peer.ipv6));
    CHECK(peer.user.empty());
    CHECK_FALSE(peer.login_expiration_enabled);
    CHECK(peer.created_at == account.now);
    CHECK(peer.last_login == account.now);
    CHECK(account->groups.find("g-all")->peers.contains("p"));
    CHECK(account->groups.find("g-auto")->peers.contains("p"));
    CHECK(account->setup_keys.find("k")->used_times == 1);
    CHECK(account->setup_keys.find("k")->last_used == account.now);
    CHECK(account->serial == 1);

    REQUIRE(changes->events.size() == 1);
    const auto& event = changes->events[0];
    CHECK(event.activity == 1);
    CHECK(event.initiator == "k");
    CHECK(event.target == "p");
    CHECK(event.meta.at("setup_key_name") == "k");
    CHECK(event.meta.at("fqdn") == "web-server.netbird.selfhosted");
    CHECK(event.meta.at("ip") == core::to_string(peer.ip));
    CHECK(event.meta.at("created_at") == "2027-01-15T08:00:00Z");
}

TEST_CASE("setup keys that cannot be used") {
    const core::Error invalid{ErrorKind::not_found, "couldn't add peer: setup key is invalid"};
    SECTION("unknown") {
        CHECK(Account().execute(registration("p")).error() == invalid);
    }
    SECTION("revoked") {
        SetupKey key;
        key.revoked = true;
        CHECK(with_key(key).execute(registration("p")).error() == invalid);
    }
    SECTION("expired, but usable at the very end of its life") {
        SetupKey key;
        key.expires_at = start;
        auto account = with_key(key);
        CHECK(account.execute(registration("p")));
        account.now += std::chrono::nanoseconds(1);
        CHECK(account.execute(registration("q")).error() == invalid);
    }
    SECTION("used up") {
        SetupKey key;
        key.usage_limit = 2;
        auto account = with_key(key);
        CHECK(account.execute(registration("p")));
        CHECK(account.execute(registration("q")));
        CHECK(account.execute(registration("r")).error() == invalid);
        CHECK(account->setup_keys.find("k")->used_times == 2);
        CHECK_FALSE(account->peers.find("r"));
    }
    SECTION("a negative limit is none") {
        SetupKey key;
        key.usage_limit = -1;
        key.used_times = 10;
        CHECK(with_key(key).execute(registration("p")));
    }
}

TEST_CASE("a public key is registered once, also when the setup key is used up by it") {
    SetupKey key;
    key.usage_limit = 1;
    auto account = with_key(key);
    REQUIRE(account.execute(registration("p")));
    auto again = registration("p2");
    again.key = account.peer("p").key;
    CHECK(account.execute(again).error() ==
          core::Error{ErrorKind::precondition_failed, "peer has been already registered"});
}

TEST_CASE("extra DNS labels need the key's permission") {
    auto command = registration("p");
    command.extra_dns_labels = {"api", "*.apps"};
    CHECK(with_key().execute(command).error() ==
          core::Error{ErrorKind::precondition_failed, "couldn't add peer: setup key doesn't allow extra DNS labels"});
    SetupKey key;
    key.allow_extra_dns_labels = true;
    auto account = with_key(key);
    REQUIRE(account.execute(command));
    CHECK(account.peer("p").extra_dns_labels == command.extra_dns_labels);
    CHECK(account.peer("p").allow_extra_dns_labels);

    auto bad = registration("q");
    bad.extra_dns_labels = {"no spaces"};
    CHECK(account.execute(bad).error().kind == ErrorKind::invalid_argument);
    bad.extra_dns_labels.assign(33, "a");
    CHECK(account.execute(bad).error().kind == ErrorKind::invalid_argument);
}

TEST_CASE("labels are unique, with the address where they must be") {
    auto account = with_key();
    REQUIRE(account.execute(registration("p", "k", "web")));
    REQUIRE(account.execute(registration("q", "k", "WEB.example")));
    CHECK(account.peer("p").dns_label == "web");
    const auto ip = account.peer("q").ip.value;
    CHECK(account.peer("q").dns_label == "web-" + std::to_string(ip >> 8 & 255) + "-" + std::to_string(ip & 255));

    SECTION("ephemeral peers always carry it") {
        SetupKey key;
        key.ephemeral = true;
        account.add_setup_key("e", key);
        REQUIRE(account.execute(registration("r", "e", "alone")));
        CHECK(account.peer("r").ephemeral);
        CHECK(account.peer("r").dns_label.starts_with("alone-"));
    }
    SECTION("a host name without a label is refused") {
        for (const auto* name : {"", ".foo"}) {
            auto command = registration("r");
            command.meta.hostname = name;
            CHECK(account.execute(command).error().kind == ErrorKind::invalid_argument);
        }
    }
    SECTION("another address when the suffixed label is taken too") {
        // Host number 5 is 100.90.0.5 and gives "web-0-5", which another peer is called.
        REQUIRE(account.execute(registration("r", "k", "web-0-5")));
        const auto decision =
            decide(*account, registration("s", "k", "web"), {}, account.now, scripted({4, 6}), account.rules);
        REQUIRE(decision);
        const auto& peer = *std::get<Put<Peer>>(decision->changes[0]).value;
        CHECK(core::to_string(peer.ip) == "100.90.0.7");
        CHECK(peer.dns_label == "web-0-7");
    }
}

TEST_CASE("addresses: random, then the lowest free one, then none") {
    auto account = with_key();
    account.mutable_state().network.net = *core::parse_prefix4("10.0.0.0/28");
    std::set<core::Ipv4> seen;
    for (int i = 0; i < 14; ++i) {
        REQUIRE(account.execute(registration("p" + std::to_string(i))));
        const auto ip = account.peer("p" + std::to_string(i)).ip;
        CHECK(account->network.net.contains(ip));
        CHECK(ip != *core::parse_ipv4("10.0.0.0"));
        CHECK(ip != *core::parse_ipv4("10.0.0.15"));
        CHECK(seen.insert(ip).second);
    }
    CHECK(account.execute(registration("p14")).error() ==
          core::Error{ErrorKind::precondition_failed, "network 10.0.0.0/28 is out of IPs"});
    CHECK(account->setup_keys.find("k")->used_times == 14);

    REQUIRE(account.execute(DeletePeer{"p3"}));
    CHECK(account.execute(registration("p14")));
}

TEST_CASE("addresses: the search is deterministic once guessing fails") {
    auto account = with_key();
    REQUIRE(account.execute(registration("p")));
    auto peer = account.peer("p");
    peer.ip = *core::parse_ipv4("100.90.0.1");
    account.change({Put<Peer>{std::make_shared<const Peer>(peer)}});
    CHECK(core::to_string(*allocate_ipv4(*account, scripted({}))) == "100.90.0.2");
    // 65,534 hosts: the highest number is not the broadcast address.
    CHECK(core::to_string(*allocate_ipv4(*account, scripted({65'533}))) == "100.90.255.254");
}

TEST_CASE("IPv6 addresses come with an enabled group only, and stay within their network") {
    SECTION("no network") {
        auto account = with_key();
        account.mutable_state().network.net_v6.reset();
        REQUIRE(account.execute(registration("p")));
        CHECK_FALSE(account.peer("p").ipv6);
    }
    SECTION("no enabled group") {
        auto account = with_key();
        account.mutable_state().settings.ipv6_enabled_groups.clear();
        REQUIRE(account.execute(registration("p")));
        CHECK_FALSE(account.peer("p").ipv6);
    }
    SECTION("an auto-group of the key") {
        Account account;
        account.add_group("six");
        account.mutable_state().settings.ipv6_enabled_groups = {"six"};
        SetupKey key;
        key.auto_groups = {"six"};
        account.add_setup_key("k", key);
        account.add_setup_key("other");
        REQUIRE(account.execute(registration("p")));
        REQUIRE(account.execute(registration("q", "other")));
        CHECK(account.peer("p").ipv6);
        CHECK_FALSE(account.peer("q").ipv6);
    }
    SECTION("a small network is used to its end, without its first and last address") {
        auto account = with_key();
        const auto net = *core::parse_prefix6("fd00::1230/124");
        account.mutable_state().network.net_v6 = net;
        std::set<core::Ipv6> seen;
        for (int i = 0; i < 14; ++i) {
            REQUIRE(account.execute(registration("p" + std::to_string(i))));
            const auto ip = *account.peer("p" + std::to_string(i)).ipv6;
            CHECK(net.contains(ip));
            CHECK(seen.insert(ip).second);
        }
        CHECK_FALSE(seen.contains(*core::parse_ipv6("fd00::1230")));
        CHECK_FALSE(seen.contains(*core::parse_ipv6("fd00::123f")));
        CHECK(account.execute(registration("p14")).error() ==
              core::Error{ErrorKind::precondition_failed, "network fd00::1230/124 is out of IPs"});
    }
}
