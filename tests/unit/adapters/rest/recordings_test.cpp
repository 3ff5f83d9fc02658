// The reference's recorded answers for the endpoints there are. Not replayed, because they need what is not there
// yet: everything behind a login with a password or a JWT (setup-without-pat), accounts, networks, the writing of
// groups (body handling is tested in body_test.cpp), accessible-peers, temporary access and jobs; and the name of 300
// characters, whose DNS label the reference does not cut at 63 (api_test.cpp).
#include "tests/unit/adapters/rest/recording.hpp"

using namespace rookery::adapters::rest;
using namespace rookery::adapters::rest::test;

namespace {

struct Recorded : Host {
    explicit Recorded(RestOptions options = {}) : Host(std::move(options)) {
        create_account();
        replay.identities["admin"] = admin;
        replay.variables["admin_pat"] = admin.substr(6);
        replay.variables["account_id"] = api.state->id;
        replay.variables["all_group"] = all_group();
    }
    void add(
        const std::string& name, Role role, const std::function<void(management::User&)>& change = [](auto&) {}) {
        replay.variables[name + "_id"] = add_user(name, role, change);
        replay.identities[name] = token_for(replay.variables[name + "_id"]);
    }
    Replay replay{*this, {}, {}};
};

}  // namespace

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
    Replay replay{host, {}, {}};
    replay.run("instance", "before-setup");
    replay.run("instance", "setup-bad-bodies");
}

TEST_CASE("recorded: bodies that cannot be read") {
    Recorded host;
    host.replay.run("bodies", "put-peers-peerid");
    host.replay.run("bodies", "put-setup-keys-keyid");
}

TEST_CASE("recorded: who may do what") {
    Recorded host;
    host.add("bob", Role::user);
    host.add("aud", Role::auditor);
    host.add("nadm", Role::network_admin);
    host.add("bill", Role::billing_admin);
    host.add("svc", Role::user, [](auto& user) { user.service_user = true; });
    host.add("blocked", Role::user, [](auto& user) { user.blocked = true; });
    host.add("adm", Role::admin);
    host.add_group("g1");
    for (const auto* id : {"get-instance", "get-peers", "delete-peers-peerid", "get-setup-keys", "post-setup-keys",
                           "put-setup-keys-keyid", "delete-setup-keys-keyid", "get-groups"})
        host.replay.run("authz", id);
    // There is no identity provider whose id could be told.
    host.replay.run("authz", "get-users-current", {"idp_id"});
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

    for (const auto* id : {"list-get", "visibility", "rename-and-flags", "ip-update", "delete"})
        host.replay.run("peers", id);
}
