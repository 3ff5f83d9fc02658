#include <regex>

#include "tests/unit/adapters/rest/host.hpp"

using namespace rookery::adapters;
using namespace rookery::adapters::rest;
using namespace rookery::adapters::rest::test;
using rookery::core::ErrorKind;

namespace {

const std::string good_setup =
    R"({"email":"a@example.com","name":"Ann","password":"Initial-Passw0rd","create_pat":true,"pat_expire_in":7})";

RestOptions with_tokens() {
    RestOptions options;
    options.setup_pat_enabled = true;
    return options;
}

}  // namespace

TEST_CASE("setup makes the account, its owner and a token that works") {
    Host host(with_tokens());
    CHECK(host.ask("GET", "/api/instance").body == "{\"setup_required\":true}\n");
    const auto answer = host.ask("POST", "/api/setup", {}, good_setup);
    REQUIRE(answer.status == 200);
    CHECK(header(answer, "Cache-Control") == "no-store");
    const auto json = Json::parse(answer.body);
    CHECK(json["email"] == "a@example.com");
    CHECK(json.size() == 3);
    const auto user = json["user_id"].get<std::string>();
    CHECK(std::regex_match(user, std::regex("[0-9a-v]{20}")));

    const auto authorization = "Token " + json["personal_access_token"].get<std::string>();
    const auto current = host.ask_json("GET", "/api/users/current", authorization);
    CHECK(current["id"] == user);
    CHECK(current["role"] == "owner");
    CHECK(current["name"] == "Ann");
    CHECK(current["email"] == "a@example.com");
    CHECK(current["permissions"]["modules"]["accounts"]["delete"] == true);
    CHECK(host.ask("GET", "/api/instance").body == "{\"setup_required\":false}\n");

    const auto& account = *host.api.state;
    CHECK(account.domain == "netbird.selfhosted");
    CHECK(account.domain_category == "private");
    CHECK(account.network.net.length == 16);
    CHECK(rookery::core::parse_prefix4("100.64.0.0/10")->contains(account.network.net.address));
    REQUIRE(account.network.net_v6);
    CHECK(account.network.net_v6->address.bytes[0] == 0xfd);
    REQUIRE(account.tokens.size() == 1);
    const auto& token = *account.tokens.begin()->second;
    CHECK(token.name == "setup-token");
    CHECK(token.created_by == user);
    CHECK(token.expires_at == host.api.now + std::chrono::days(7));

    CHECK(host.ask_json("POST", "/api/setup", {}, 412, good_setup)["message"] == "setup already completed");
    CHECK(host.ask_json("POST", "/api/setup", {}, 422, "{}")["message"] == "email is required");
}

TEST_CASE("setup without a token is refused, as nobody could use the account") {
    Host with(with_tokens());
    const std::string no_token = R"({"email":"a@b","name":"A","password":"12345678"})";
    const auto message = with.ask_json("POST", "/api/setup", {}, 412, no_token)["message"].get<std::string>();
    CHECK(message.find("`rookery tokens create`") != std::string::npos);
    Host without;  // create_pat is ignored, with its number of days
    CHECK(without.ask_json("POST", "/api/setup", {}, 412, good_setup)["message"] == message);
    CHECK(!with.api.state);
    CHECK(!without.api.state);
}

TEST_CASE("of two setups at once one is too late") {
    Host host(with_tokens());
    host.create_account();
    host.api.hide_account = true;
    CHECK(host.ask_json("POST", "/api/setup", {}, 412, good_setup)["message"] == "setup already completed");
}

TEST_CASE("setup takes the days of the token seriously") {
    Host host(with_tokens());
    const auto with_days = [](const std::string& days) {
        return R"({"email":"a@b","name":"A","password":"12345678","create_pat":true,"pat_expire_in":)" + days + "}";
    };
    for (const auto* days : {"0", "-1", "366"})
        CHECK(host.ask_json("POST", "/api/setup", {}, 422, with_days(days))["message"] ==
              "pat_expire_in must be between 1 and 365");
    host.ask_json("POST", "/api/setup", {}, 200, with_days("null"));
    CHECK(host.api.state->tokens.begin()->second->expires_at == host.api.now + std::chrono::days(1));
}

TEST_CASE("a store that is away is 503 everywhere") {
    Host host(with_tokens());
    host.create_account();
    host.api.broken = rookery::core::Error{ErrorKind::unavailable, "The store is away"};
    for (const auto* path : {"/api/peers", "/api/groups", "/api/setup-keys", "/api/users/current"}) {
        const auto answer = host.ask("GET", path, host.admin);
        CHECK(answer.status == 503);
        CHECK(answer.body == "{\"message\":\"the store is away\",\"code\":503}\n");
        CHECK(header(answer, "Content-Type") == "application/json; charset=UTF-8");
        CHECK(header(answer, "X-Request-Id").size() == 20);
    }
    CHECK(host.ask("GET", "/api/instance").status == 503);
    CHECK(host.ask("POST", "/api/setup", {}, good_setup).status == 503);
    host.api.broken = rookery::core::Error{ErrorKind::internal, "disk on fire"};
    CHECK(host.ask("GET", "/api/instance").body == "{\"message\":\"failed to check instance status\",\"code\":500}\n");
}

TEST_CASE("health is what the node says it is, for anybody") {
    RestOptions options;
    Health health{200, "degraded", "1.2.3", {{"sqlite", {"ok", 1}}, {"nats", {"unreachable", std::nullopt}}}};
    options.health = [&] { return health; };
    Host host(options);
    for (const auto* method : {"GET", "HEAD"}) {
        const auto answer = host.ask(method, "/api/health", "Bearer nonsense");
        CHECK(answer.status == 200);
        CHECK(answer.body == R"({"status":"degraded","version":"1.2.3","checks":{"nats":{"status":"unreachable"},)"
                             R"("sqlite":{"status":"ok","latency_ms":1}}})"
                             "\n");
        CHECK(header(answer, "Content-Type") == "application/json; charset=UTF-8");
        CHECK(header(answer, "X-Request-Id").empty());
    }
    health.http_status = 503;
    health.status = "draining";
    CHECK(host.ask("GET", "/api/health").status == 503);
}

TEST_CASE("a peer in full") {
    Host host;
    host.create_account();
    const auto group = host.add_group("servers");
    const auto peer = host.add_peer("web-1", host.add_setup_key({group}), {"shop"});
    const auto& stored = *host.api.state->peers.find(peer);
    REQUIRE(stored.ipv6);

    // Never connected.
    const auto answer = host.ask("GET", "/api/peers/" + peer, host.admin);
    REQUIRE(answer.status == 200);
    // Groups come in the order of their ids.
    std::map<std::string, std::string> groups{{host.all_group(), "All"}, {group, "servers"}};
    std::string group_list;
    for (const auto& [id, name] : groups)
        group_list += (group_list.empty() ? "" : ",") + (R"({"id":")" + id) + R"(","name":")" + name +
                      R"(","peers_count":1,"resources_count":0})";
    CHECK(nlohmann::json::parse(answer.body) == nlohmann::json::parse(R"({
        "id": ")" + peer + R"(", "name": "web-1", "created_at": "2025-06-15T15:06:40Z",
        "ip": ")" + to_string(stored.ip) + R"(", "ipv6": ")" + to_string(*stored.ipv6) +
                                                                      R"(", "connection_ip": "",
        "connected": false, "last_seen": "0001-01-01T00:00:00Z", "os": "Debian 12",
        "kernel_version": "6.1.0-18-amd64", "geoname_id": 0, "version": "0.77.1",
        "groups": [)" + group_list + R"(],
        "ssh_enabled": false, "user_id": "", "hostname": "web-1", "ui_version": "",
        "dns_label": "web-1.netbird.selfhosted", "login_expiration_enabled": false, "login_expired": false,
        "last_login": "2025-06-15T15:06:40Z", "inactivity_expiration_enabled": false, "approval_required": false,
        "country_code": "", "city_name": "", "serial_number": "SN-web-1",
        "extra_dns_labels": ["shop.netbird.selfhosted"], "ephemeral": false,
        "local_flags": {"rosenpass_enabled": false, "rosenpass_permissive": false, "server_ssh_allowed": false,
            "disable_client_routes": false, "disable_server_routes": false, "disable_dns": false,
            "disable_firewall": false, "block_lan_access": false, "block_inbound": false,
            "lazy_connection_enabled": false}})"));

    host.set_status(peer, true);
    host.api.edit([](auto& account) { account.settings.dns_domain = "corp.example"; });
    const auto changed = host.ask_json("GET", "/api/peers", host.admin).at(0);
    CHECK(changed["connected"] == true);
    CHECK(changed["connection_ip"] == "127.0.0.1");
    CHECK(changed["last_seen"] == "2025-06-15T15:06:40Z");
    CHECK(changed["dns_label"] == "web-1.corp.example");
    CHECK(changed["extra_dns_labels"] == Json{"shop.corp.example"});
    CHECK(changed["accessible_peers_count"] == 0);
}

TEST_CASE("a name too long for a DNS label is cut in the label") {
    Host host;
    host.create_account();
    const auto peer = host.add_peer("web-1", host.add_setup_key({}));
    const std::string name(300, 'n');
    const auto json = host.ask_json("PUT", "/api/peers/" + peer, host.admin, 200, R"({"name":")" + name + R"("})");
    CHECK(json["name"] == name);
    CHECK(json["dns_label"] == std::string(63, 'n') + ".netbird.selfhosted");
}

TEST_CASE("lists of peers are filtered by name and address, and hidden where regular users see nothing") {
    Host host;
    host.create_account();
    const auto key = host.add_setup_key({});
    const auto web = host.add_peer("web-1", key);
    const auto db = host.add_peer("db-1", key);
    const auto names = [&](const std::string& query, const std::string& as) {
        std::vector<std::string> out;
        for (const auto& peer : host.ask_json("GET", "/api/peers" + query, as)) out.push_back(peer["name"]);
        std::sort(out.begin(), out.end());
        return out;
    };
    using Names = std::vector<std::string>;
    CHECK(names("", host.admin) == Names{"db-1", "web-1"});
    CHECK(names("?name=WEB", host.admin) == Names{"web-1"});
    CHECK(names("?name=b-1", host.admin) == Names{"db-1", "web-1"});
    CHECK(names("?ip=" + to_string(host.api.state->peers.find(db)->ip), host.admin) == Names{"db-1"});
    CHECK(names("?name=web&ip=10.", host.admin) == Names{});
    CHECK(names("?name=&ip=", host.admin).size() == 2);

    const auto alice = host.add_user("alice", Role::user);
    const auto as_alice = host.token_for(alice);
    host.api.edit([&](auto& account) {
        auto peer = *account.peers.find(web);
        peer.user = alice;
        account.peers = account.peers.with(web, std::make_shared<const management::Peer>(peer));
    });
    CHECK(names("", as_alice).empty());
    CHECK(host.ask("GET", "/api/peers/" + web, as_alice).status == 200);
    CHECK(host.ask("GET", "/api/peers/" + db, as_alice).status == 403);
    host.api.edit([](auto& account) { account.settings.regular_users_view_blocked = false; });
    CHECK(names("", as_alice) == Names{"web-1"});
    CHECK(names("?name=db", as_alice) == Names{"web-1"});  // filters are for those who see all
    CHECK(host.ask_json("GET", "/api/peers", as_alice).at(0)["groups"].empty());
}

TEST_CASE("writes are made in the caller's name") {
    Host host;
    host.create_account();
    const auto adm = host.add_user("adm", Role::admin);
    const auto created = host.ask_json("POST", "/api/setup-keys", host.token_for(adm), 200,
                                       R"({"name":"k","type":"reusable","expires_in":60})");
    CHECK(host.api.last_initiator == adm);
    CHECK(created["expires"] == "2025-06-15T15:07:40Z");
    const auto path = "/api/setup-keys/" + created["id"].get<std::string>();
    CHECK(host.ask_json("GET", path, host.admin)["state"] == "valid");
    host.api.now += std::chrono::minutes(2);
    const auto later = host.ask_json("GET", path, host.admin);
    CHECK(later["state"] == "expired");
    CHECK(later["valid"] == false);
    CHECK(later["key"] == created["key"].get<std::string>().substr(0, 5) + "****");
    const auto stored = host.api.state->setup_keys.find(created["id"].get<std::string>());
    CHECK(stored->hash == management::hash_setup_key(created["key"].get<std::string>(), host.crypto));
}

TEST_CASE("setup keys that are used up say so") {
    Host host;
    host.create_account();
    const auto created = host.ask_json("POST", "/api/setup-keys", host.admin, 200, R"({"name":"k","type":"one-off"})");
    host.add_peer("p", management::hash_setup_key(created["key"].get<std::string>(), host.crypto));
    const auto used = host.ask_json("GET", "/api/setup-keys", host.admin).at(0);
    CHECK(used["state"] == "overused");
    CHECK(used["valid"] == false);
    CHECK(used["used_times"] == 1);
    CHECK(used["last_used"] == "2025-06-15T15:06:40Z");
}

TEST_CASE("groups by name") {
    Host host;
    host.create_account();
    const auto eng = host.add_group("eng");
    const auto peer = host.add_peer("p", host.add_setup_key({eng}));
    CHECK(host.ask("GET", "/api/groups?name=eng", host.admin).body ==
          R"([{"id":")" + eng + R"(","name":"eng","peers_count":1,"resources_count":0,"peers":[{"id":")" + peer +
              R"(","name":"p"}],"resources":[],"issued":"api"}])" + "\n");
    CHECK(host.ask_json("GET", "/api/groups?name=Eng", host.admin, 404)["message"] == "group: eng not found");
    CHECK(host.ask_json("GET", "/api/groups?name=", host.admin).size() == 2);
}

TEST_CASE("the caller who is gone, pending or a machine") {
    Host host;
    host.create_account();
    const auto pending = host.token_for(
        host.add_user("p", Role::admin, [](auto& user) { user.blocked = user.pending_approval = true; }));
    CHECK(host.ask_json("GET", "/api/users/current", pending, 403)["message"] == "user is blocked");
    CHECK(host.ask_json("GET", "/api/peers", pending, 403)["message"] ==
          "failed to validate user permissions: user is pending approval");
    const auto machine = host.token_for(host.add_user("m", Role::admin, [](auto& user) { user.service_user = true; }));
    CHECK(host.ask_json("GET", "/api/users/current", machine, 403)["message"] == "permission denied");
    const auto gone = host.token_for("nobody");
    CHECK(host.ask_json("GET", "/api/users/current", gone, 404)["message"] == "user: nobody not found");
    CHECK(host.ask_json("GET", "/api/peers", gone, 403)["message"] ==
          "failed to validate user permissions: user: nobody not found");
}

TEST_CASE("text that is no UTF-8 still makes an answer") {
    Host host;
    host.create_account();
    auto meta = Host::linux_meta();
    meta.os = "\xff\xfe";
    host.add_peer("p", host.add_setup_key({}), {}, meta);
    CHECK(host.ask("GET", "/api/peers", host.admin).status == 200);
}
