// A RestApi on MemoryApi, asked without a network, with shorthands to furnish the account.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "adapters/http/percent.hpp"
#include "adapters/rest/answers.hpp"
#include "adapters/rest/api.hpp"
#include "tests/catch.hpp"
#include "tests/unit/adapters/rest/memory_api.hpp"

namespace rookery::adapters::rest::test {

using management::Role;

struct Host {
    explicit Host(RestOptions options = {})
        : api(crypto), rest(api, crypto, std::move(options), [this] { return api.now; }) {}

    http::Response ask(const std::string& method, const std::string& target, const std::string& authorization = {},
                       const std::string& body = {}, http::Headers headers = {}) {
        auto request = std::make_shared<http::Request>();
        request->method = method;
        const auto question = target.find('?');
        request->path = http::percent_decode(target.substr(0, question)).value();
        if (question != std::string::npos) request->query = target.substr(question + 1);
        request->headers = std::move(headers);
        if (!authorization.empty()) request->headers.emplace_back("authorization", authorization);
        request->body = body;
        std::optional<http::Response> answer;
        rest.handler()(request, [&](http::Response response) {
            REQUIRE(!answer);
            answer = std::move(response);
        });
        REQUIRE(answer);
        return *answer;
    }
    Json ask_json(const std::string& method, const std::string& target, const std::string& authorization,
                  int status = 200, const std::string& body = {}) {
        const auto answer = ask(method, target, authorization, body);
        INFO(method << " " << target << ": " << answer.status << " " << answer.body);
        REQUIRE(answer.status == status);
        REQUIRE(answer.body.ends_with('\n'));
        return Json::parse(answer.body);
    }

    std::string id() { return management::new_xid(api.now, crypto); }

    void create_account() {
        management::NewAccount account;
        account.id = id();
        account.owner = id();
        account.owner_name = "Admin";
        account.owner_email = "admin@example.com";
        account.network_id = id();
        account.all_group_id = id();
        account.default_policy_id = id();
        account.net = *core::parse_prefix4("100.90.0.0/16");
        account.net_v6 = *core::parse_prefix6("fd12:3456:789a:bcde::/64");
        api.create_account(account, {});
        owner = account.owner;
        admin = token_for(owner);
    }
    // The Authorization header of a new token.
    std::string token_for(const management::UserId& user) {
        const auto token = management::new_access_token(crypto);
        management::AccessToken stored;
        stored.id = id();
        stored.user = user;
        stored.hash = management::hash_access_token(token.reveal(), crypto);
        stored.expires_at = api.now + std::chrono::hours(1);
        api.edit([&](auto& account) {
            account.tokens = account.tokens.with(stored.id, std::make_shared<const management::AccessToken>(stored));
        });
        return "Token " + token.reveal();
    }
    // Its id; the change, if any, is made before it is stored.
    management::UserId add_user(
        const std::string& name, Role role, const std::function<void(management::User&)>& change = [](auto&) {}) {
        management::User user;
        user.id = id();
        user.role = role;
        user.name = name;
        user.name.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(user.name.front())));
        user.email = name + "@example.com";
        change(user);
        api.edit([&](auto& account) {
            account.users = account.users.with(user.id, std::make_shared<const management::User>(user));
        });
        return user.id;
    }
    management::Id add_group(const std::string& name) {
        management::Group group;
        group.id = id();
        group.name = name;
        api.edit([&](auto& account) {
            account.groups = account.groups.with(group.id, std::make_shared<const management::Group>(group));
        });
        return group.id;
    }
    management::Id all_group() {
        for (const auto& [id, group] : api.state->groups)
            if (group->name == "All") return id;
        return {};
    }
    // The hash of a new reusable key.
    std::string add_setup_key(std::vector<management::Id> groups, bool ephemeral = false) {
        management::CreateSetupKey key;
        key.id = id();
        key.hash = "hash-" + key.id;
        key.name = "k";
        key.type = "reusable";
        key.auto_groups = std::move(groups);
        key.ephemeral = ephemeral;
        key.allow_extra_dns_labels = true;
        run(key);
        return key.hash;
    }
    management::PeerId add_peer(const std::string& hostname, const std::string& setup_key_hash,
                                std::vector<std::string> labels = {}, management::PeerMeta meta = linux_meta()) {
        management::RegisterPeer peer;
        peer.id = id();
        peer.key = "key-" + peer.id;
        peer.setup_key_hash = setup_key_hash;
        peer.extra_dns_labels = std::move(labels);
        meta.hostname = hostname;
        meta.serial_number = "SN-" + hostname;
        peer.meta = std::move(meta);
        run(peer);
        return peer.id;
    }
    void set_status(const management::PeerId& peer, bool connected) {
        management::PeerStatus status;
        status.peer = peer;
        status.connected = connected;
        status.last_seen = api.now;
        status.connection_ip = "127.0.0.1";
        api.edit([&](auto& account) {
            account.statuses = account.statuses.with(peer, std::make_shared<const management::PeerStatus>(status));
        });
    }
    void run(management::Command command) {
        std::optional<core::Error> error;
        api.execute(api.state->id, {std::move(command), {}},
                    core::Reply<management::Committed>([&](core::Result<management::Committed> done) {
                        if (!done) error = done.error();
                    }));
        INFO((error ? error->message : ""));
        REQUIRE(!error);
    }
    static management::PeerMeta linux_meta() {
        management::PeerMeta meta;
        meta.go_os = meta.kernel = "linux";
        meta.os = "Debian";
        meta.os_version = "12";
        meta.kernel_version = "6.1.0-18-amd64";
        meta.agent_version = "0.77.1";
        meta.capabilities = {1, 2};
        return meta;
    }

    crypto::SodiumCrypto crypto;
    MemoryApi api;
    RestApi rest;
    management::UserId owner;
    std::string admin;  // Authorization of the owner
};

inline std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return {};
}

}  // namespace rookery::adapters::rest::test
