#include "refusals.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace rookery::management::testing;

namespace {

UpdateSettings unchanged(const Account& account) {
    UpdateSettings command;
    command.settings = account->settings;
    command.fresh_net_v6 = *core::parse_prefix6("fd99::/64");
    return command;
}

}  // namespace

TEST_CASE("settings that are refused") {
    Account account;
    REQUIRE(account.execute(CreateZone{"z", {"int", "int.example", true, false, {"g-all"}}}));
    const auto refused = [&](auto change, const std::string& text) {
        auto command = unchanged(account);
        change(command, command.settings);
        return Refusal{command, invalid, text};
    };
    using U = UpdateSettings;
    using S = Settings;
    check_refused(
        account, {refused([](U&, S& s) { s.peer_expose_enabled = true; }, "peer expose requires at least one group"),
                  refused([](U&, S& s) { s.auto_update_version = "newest"; },
                          "auto update version newest is not valid; give latest, disabled or a version"),
                  refused([](U&, S& s) { s.agent_network_only = true; },
                          "agent network only mode requires dashboard_features.agent_network to be enabled"),
                  refused([](U& u, S&) { u.network_range = "x"; }, "invalid cidr format: x"),
                  refused([](U& u, S&) { u.network_range = "fd00::/64"; }, "network range must be an ipv4 address"),
                  refused([](U& u, S&) { u.network_range_v6 = "10.0.0.0/8"; }, "network range must be an ipv6 address"),
                  refused([](U& u, S&) { u.network_range = "127.0.0.0/16"; }, "loopback address range not allowed"),
                  refused([](U& u, S&) { u.network_range = "224.0.0.0/16"; }, "multicast address range not allowed"),
                  refused([](U& u, S&) { u.network_range_v6 = "fe80::/64"; }, "link-local address range not allowed"),
                  refused([](U& u, S&) { u.network_range = "10.0.0.0/29"; },
                          "network range too small: minimum size is /28 for ipv4"),
                  refused([](U& u, S&) { u.network_range_v6 = "fd00::/121"; },
                          "network range too small: minimum size is /120 for ipv6"),
                  refused([](U& u, S&) { u.network_range_v6 = "fd00::/47"; },
                          "network range too large: maximum size is /48 for ipv6"),
                  refused([](U&, S& s) { s.peer_login_expiration = 15'552'001; },
                          "peer login expiration can't be larger than 180 days"),
                  refused([](U&, S& s) { s.peer_login_expiration = 3'599; },
                          "peer login expiration can't be smaller than one hour"),
                  refused([](U&, S& s) { s.dns_domain = "*.x"; }, "invalid domain \"*.x\" provided for dns domain"),
                  refused([](U&, S& s) { s.dns_domain = "int.example"; },
                          "peer dns domain int.example conflicts with existing custom dns zone"),
                  refused([](U&, S& s) { s.ipv6_enabled_groups = {"x"}; }, "ipv6 enabled group x does not exist")});
}

TEST_CASE("every switch has its events") {
    Account account;
    const auto events = [&](auto change) {
        auto command = unchanged(account);
        change(command.settings);
        return events_of(account, command);
    };
    using S = Settings;
    CHECK(events([](S&) {}).empty());
    CHECK(events([](S& s) { s.routing_peer_dns_resolution_enabled = false; }) == Events{72});
    CHECK(events([](S& s) { s.lazy_connection_enabled = false; }) == Events{86});
    CHECK(events([](S& s) { s.peer_login_expiration_enabled = false; }) == Events{39});
    CHECK(events([](S& s) { s.peer_login_expiration = 7'200; }) == Events{40});
    CHECK(events([](S& s) { s.peer_inactivity_expiration_enabled = true; }) == Events{65});
    CHECK(events([](S& s) { s.peer_inactivity_expiration = 700; }) == Events{67});
    CHECK(events([](S& s) { s.groups_propagation_enabled = false; }) == Events{70});
    CHECK(events([](S& s) { s.auto_update_version = "latest"; }) == Events{92});
    CHECK(events([](S& s) { s.auto_update_always = true; }) == Events{116});
    CHECK(events([](S& s) {
              s.peer_expose_enabled = true;
              s.peer_expose_groups = {"g-all"};
          }) == Events{114});
    CHECK(events([](S& s) { s.metrics_push_enabled = true; }) == Events{140});
    CHECK(events([](S& s) { s.local_mfa_enabled = true; }) == Events{123});
    CHECK(events([](S& s) { s.dns_domain = "corp.example"; }) == Events{84});
    CHECK(events([](S& s) { s.ipv6_enabled_groups.clear(); }) == Events{122});
    CHECK(events([](S& s) { s.ipv6_enabled_groups = {"g-all"}; }) == Events{121});
    CHECK(account->settings.dns_domain == "corp.example");
}

TEST_CASE("peers follow the ranges of the account") {
    Account account;
    account.add_setup_key("k");
    for (int i = 0; i < 12; ++i) REQUIRE(account.execute(registration("p" + std::to_string(i))));
    auto command = unchanged(account);
    command.network_range = "10.7.0.9/28";
    check_refused(account, {{command, invalid,
                             "network range too small: need at least 18 addresses for 12 peers + buffer, but range "
                             "provides 14"}});
    command.network_range = "10.7.0.9/27";
    command.network_range_v6 = "fd00:1:2:3::/64";
    CHECK(events_of(account, command) == Events{87, 87});
    std::set<core::Ipv4> addresses;
    for (const auto& [id, peer] : account->peers) {
        CHECK(core::parse_prefix4("10.7.0.0/27")->contains(peer->ip));
        REQUIRE(peer->ipv6);
        CHECK(core::parse_prefix6("fd00:1:2:3::/64")->contains(*peer->ipv6));
        addresses.insert(peer->ip);
    }
    CHECK(addresses.size() == 12);

    // The dashboard sends back what is in use: nothing moves. Without a range the override is gone, the addresses stay.
    CHECK(events_of(account, command).empty());
    CHECK(events_of(account, unchanged(account)).empty());
    CHECK_FALSE(account->settings.network_range);
    CHECK(core::to_string(account->network.net) == "10.7.0.0/27");
}

TEST_CASE("an account without an IPv6 network gets one when it is needed") {
    auto state = make_account(new_account(), start);
    state.network.net_v6.reset();
    state.settings.ipv6_enabled_groups.clear();
    Account account(state);
    account.add_setup_key("k");
    REQUIRE(account.execute(registration("p")));
    CHECK_FALSE(account.peer("p").ipv6);
    auto command = unchanged(account);
    command.settings.ipv6_enabled_groups = {"g-all"};
    CHECK(events_of(account, command) == Events{121, 87});
    CHECK(core::to_string(*account->network.net_v6) == "fd99::/64");
    CHECK(account.peer("p").ipv6);
}

TEST_CASE("absent parts are kept") {
    Account account;
    auto command = unchanged(account);
    command.extra = ExtraSettings{};
    command.extra->network_traffic_logs_enabled = true;
    command.onboarding = Onboarding{false, true};
    REQUIRE(account.execute(command));
    command = unchanged(account);
    command.settings.extra = {};
    REQUIRE(account.execute(command));
    CHECK(account->settings.extra.network_traffic_logs_enabled);
    CHECK(account->onboarding == Onboarding{false, true});
}
