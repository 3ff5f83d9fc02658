// What holds for every operation of the table.
#include "adapters/rest/endpoint.hpp"

#include "tests/unit/adapters/rest/host.hpp"

using namespace rookery::adapters::rest;
using namespace rookery::adapters::rest::test;

namespace {

// With ids that nobody has.
std::string path_of(const Endpoint& endpoint) {
    std::string out;
    bool in_name = false;
    for (const char c : std::string_view(endpoint.path)) {
        if (c == '{') out += "d0000000000000000000";
        in_name = (in_name || c == '{') && c != '}';
        if (!in_name && c != '}') out += c;
    }
    return out;
}

bool denied(const rookery::adapters::http::Response& answer) {
    return answer.status == 403 && Json::parse(answer.body)["message"] == "permission denied";
}

}  // namespace

TEST_CASE("every operation asks for what the matrix of its row says") {
    Host host;
    host.create_account();
    for (const auto role : {Role::owner, Role::admin, Role::network_admin, Role::auditor, Role::user}) {
        const auto token = host.token_for(host.add_user("somebody", role));
        for (const auto& endpoint : endpoints()) {
            if (endpoint.access == Access::any_user || endpoint.access == Access::own) continue;
            const auto& rights = role_rights(role).at(endpoint.module);
            const auto answer = host.ask(endpoint.method, path_of(endpoint), token, "{}");
            INFO(role_name(role) << " " << endpoint.method << " " << endpoint.path << ": " << answer.status << " "
                                 << answer.body);
            if (rights.allows(endpoint.operation)) {
                CHECK(!denied(answer));
                continue;
            }
            // What can be read is looked for before it is said that it must not be changed; users always are. Of an
            // account that is not the caller's there is nothing to be told.
            const bool looked_for = std::string_view(endpoint.method) == "PUT" && answer.status == 404;
            const bool foreign = std::string_view(endpoint.path) == "/api/accounts/{accountId}" && answer.status == 403;
            CHECK((denied(answer) || looked_for || foreign));
        }
    }
}

TEST_CASE("a blocked user gets nothing but what needs no permission") {
    Host host;
    host.create_account();
    const auto token = host.token_for(host.add_user("blocked", Role::admin, [](auto& user) { user.blocked = true; }));
    for (const auto& endpoint : endpoints()) {
        if (endpoint.access == Access::any_user) continue;
        const auto answer = host.ask(endpoint.method, path_of(endpoint), token, "{}");
        INFO(endpoint.method << " " << endpoint.path << ": " << answer.status << " " << answer.body);
        CHECK((answer.status == 403 || answer.status == 404));
    }
}

TEST_CASE("reading what is not there is no error of the server, and its lists are empty") {
    Host host;
    host.create_account();
    for (const auto& endpoint : endpoints()) {
        if (endpoint.operation != Operation::read) continue;
        const auto answer = host.ask(endpoint.method, path_of(endpoint), host.admin);
        INFO(endpoint.method << " " << endpoint.path << ": " << answer.status << " " << answer.body);
        CHECK(answer.status < 500);
        if (std::string_view(endpoint.path).find('{') == std::string_view::npos &&
            std::string_view(endpoint.path) != "/api/locations/countries")
            CHECK(answer.status == 200);
    }
}

TEST_CASE("bodies that are no object change nothing") {
    Host host;
    host.create_account();
    for (const auto& endpoint : endpoints()) {
        const std::string_view method = endpoint.method;
        if (method != "POST" && method != "PUT") continue;
        const auto before = host.api.state;
        for (const auto* body : {"", "[]", "\"x\"", "7", "{\"name\": 1, \"groups\": {}, \"settings\": []", "nope"}) {
            const auto answer = host.ask(endpoint.method, path_of(endpoint), host.admin, body);
            INFO(method << " " << endpoint.path << " " << body << ": " << answer.status << " " << answer.body);
            CHECK(answer.status >= 400);
            CHECK(answer.status < 500);
            CHECK(host.api.state == before);
        }
    }
}

TEST_CASE("the table is told as OpenAPI") {
    Host host;
    const auto document = host.ask_json("GET", "/api/openapi.json", {});
    std::size_t operations = 0;
    for (const auto& path : document["paths"]) operations += path.size();
    CHECK(operations == endpoints().size() + public_endpoints().size());
    CHECK(document["paths"]["/api/groups/{groupId}"]["put"]["x-permission"] == "groups:update");
    CHECK(document["paths"]["/api/groups/{groupId}"]["put"]["parameters"][0]["name"] == "groupId");
    CHECK(document["paths"]["/api/setup"]["post"]["security"].empty());
}
