// The reference's recorded answers. Not replayed, because they need what is not there yet: everything behind a login
// with a password or a JWT (setup-without-pat, passwords), invites, identity providers, reverse proxies, agent
// networks, audit events, the deletion of accounts, temporary access and the making of jobs; and the name of 300
// characters, whose DNS label the reference does not cut at 63 (api_test.cpp). Single steps that are left out stand in
// the lists of `skipped`.
#include "tests/unit/adapters/rest/recording.hpp"

using namespace rookery::adapters::rest;
using namespace rookery::adapters::rest::test;

namespace {

struct Recorded : Host {
    explicit Recorded(RestOptions options = {}) : Host(std::move(options)) {
        create_account();
        replay.identities["admin"] = admin;
        replay.variables["admin_pat"] = admin.substr(6);
        replay.variables["admin_id"] = owner;
        replay.variables["account_id"] = api.state->id;
        replay.variables["all_group"] = all_group();
    }
    void add(
        const std::string& name, Role role, const std::function<void(management::User&)>& change = [](auto&) {}) {
        replay.variables[name + "_id"] = add_user(name, role, change);
        replay.identities[name] = token_for(replay.variables[name + "_id"]);
    }
    // There is no identity provider whose id could be told, and versions go their own way.
    Replay replay{*this, {}, {}, {"idp_id", "management_current_version"}, {}};
};

const std::string port_zero = "there a group with port 0 was made before, which is refused here";
const std::vector<Skipped> skipped_dns{{"nameservers-validation", 14, port_zero},
                                       {"nameservers-validation", 15, port_zero}};
const std::string own_token = "the token with which the test asks is listed too";
const std::vector<Skipped> skipped_tokens{{"own-tokens", 2, own_token}, {"validation", 9, own_token}};
const std::string no_account = "there a body without content asks for an account without a name";
const std::string user_first = "here an unknown user is told before what is wrong with the token";
const std::vector<Skipped> skipped_bodies{{"put-dns-settings", 3, no_account},
                                          {"put-dns-settings", 5, no_account},
                                          {"post-users-userid-tokens", 3, user_first},
                                          {"post-users-userid-tokens", 5, user_first}};
// Of an account: kept here, and told as they are kept.
const std::vector<std::string> settings_of_ours{"embedded_idp_enabled",
                                                "network_traffic_logs_enabled",
                                                "network_traffic_logs_groups",
                                                "network_traffic_packet_counter_enabled",
                                                "domain",
                                                "domain_category"};

void drop(Recorded& host, const std::vector<std::string>& names) {
    host.replay.drop.insert(host.replay.drop.end(), names.begin(), names.end());
}

}  // namespace

TEST_CASE("recorded: groups") {
    Recorded().replay.run_group("groups");
}
TEST_CASE("recorded: policies") {
    Recorded().replay.run_group("policies");
}
TEST_CASE("recorded: posture checks and locations") {
    Recorded().replay.run_group("posture");
}
TEST_CASE("recorded: routes") {
    Recorded().replay.run_group("routes");
}
TEST_CASE("recorded: networks") {
    Recorded().replay.run_group("networks");
}
TEST_CASE("recorded: DNS") {
    Recorded().replay.run_group("dns", skipped_dns);
}
TEST_CASE("recorded: users") {
    Recorded().replay.run_group("users");
}
TEST_CASE("recorded: access tokens") {
    Recorded host;
    drop(host, {"last_used"});  // noted by the store, which is not part of this
    host.replay.run_group("tokens", skipped_tokens);
}
TEST_CASE("recorded: accounts") {
    Recorded host;
    drop(host, settings_of_ours);
    host.replay.run_group("accounts");
}
TEST_CASE("recorded: who may do what") {
    Recorded host;
    drop(host, settings_of_ours);
    host.replay.run_group("authz");
}
TEST_CASE("recorded: bodies that cannot be read") {
    Recorded().replay.run_group("bodies", skipped_bodies);
}

TEST_CASE("recorded: setup keys") {
    Recorded host;
    host.replay.variables["g1"] = host.add_group("g1");
    host.replay.variables["g2"] = host.add_group("g2");
    for (const auto* id : {"create-list-get", "create-validation", "update", "bad-ids"})
        host.replay.run("setup-keys", id);
}

TEST_CASE("recorded: an instance before its setup") {
    RestOptions options;
    options.setup_pat_enabled = true;
    Host host(options);
    Replay replay{host, {}, {}, {}, {}};
    replay.run("instance", "before-setup");
    replay.run("instance", "setup-bad-bodies");
}

TEST_CASE("recorded: transport") {
    Recorded host;
    host.add("alice", Role::user);
    host.replay.variables["alice_jwt"] = "eyJhbGciOiJSUzI1NiJ9.e30.AA";
    for (const auto* id : {"unknown-paths", "wrong-methods", "cors", "auth-header"}) host.replay.run("transport", id);
}

TEST_CASE("recorded: peers") {
    Recorded host;
    host.add("alice", Role::user);
    host.add("nadm", Role::network_admin);
    host.add("svc", Role::user, [](auto& user) { user.service_user = true; });
    host.api.edit([](auto& account) { account.settings.regular_users_view_blocked = false; });
    const auto g1 = host.add_group("g1");
    const auto key = host.add_setup_key({g1});

    auto windows = Host::linux_meta();
    windows.go_os = "windows";
    windows.os = "Windows";
    windows.os_version = "10.0.19045";
    windows.agent_version = "0.60.0";
    windows.ui_version = "netbird-desktop-ui/0.60.0";
    auto mac = Host::linux_meta();
    mac.go_os = "darwin";
    mac.os = "Darwin";
    mac.os_version = "14.1";
    auto& variables = host.replay.variables;
    variables["p1_peer"] = host.add_peer("web-1", key, {"web", "shop"});
    variables["p2_peer"] = host.add_peer("db-1", key, {}, windows);
    variables["pa_peer"] = host.add_peer("alice-mbp", host.add_setup_key({}), {}, mac);
    variables["pe_peer"] = host.add_peer("eph-1", host.add_setup_key({}, true));
    for (const auto* name : {"p1_peer", "pe_peer"}) host.set_status(variables[name], true);
    for (const auto* name : {"p2_peer", "pa_peer"}) host.set_status(variables[name], false);
    // As if she had registered it by logging in.
    host.api.edit([&](auto& account) {
        auto peer = *account.peers.find(variables["pa_peer"]);
        peer.user = variables["alice_id"];
        peer.login_expiration_enabled = peer.inactivity_expiration_enabled = true;
        account.peers = account.peers.with(peer.id, std::make_shared<const management::Peer>(peer));
    });

    for (const auto* id : {"list-get", "visibility", "accessible", "rename-and-flags", "ip-update", "delete"})
        host.replay.run("peers", id);
}
