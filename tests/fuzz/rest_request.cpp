// One REST request with the owner's token: the first byte chooses the route, the next two parts are the query and the
// path's value, the rest is the body. After the routes that name what the account has come all of the API's table.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "adapters/rest/api.hpp"
#include "adapters/rest/endpoint.hpp"
#include "tests/fuzz/account.hpp"

using namespace rookery;
namespace http = adapters::http;

namespace {

struct Route {
    const char* method;
    const char* path;
    const char* value;  // of {}, where the input gives none
};
constexpr Route routes[] = {
    {"POST", "/api/setup-keys", ""},    {"PUT", "/api/setup-keys/", "key"}, {"PUT", "/api/peers/", "peer"},
    {"POST", "/api/setup", ""},         {"GET", "/api/peers", ""},          {"GET", "/api/peers/", "peer"},
    {"GET", "/api/setup-keys/", "key"}, {"DELETE", "/api/peers/", "peer"},  {"DELETE", "/api/setup-keys/", "key"},
    {"GET", "/api/groups", ""},         {"GET", "/api/users/current", ""},  {"GET", "/api/instance", ""},
};

// `path` with the value for each of its names.
std::string filled(std::string_view path, std::string_view value) {
    std::string out;
    while (!path.empty()) {
        const auto open = std::min(path.find('{'), path.size());
        out += path.substr(0, open);
        path.remove_prefix(open);
        if (path.empty()) break;
        out += value.empty() ? "all" : value;
        path.remove_prefix(path.find('}') + 1);
    }
    return out;
}

void choose_route(http::Request& request, std::size_t choice, std::string_view value) {
    const auto table = adapters::rest::endpoints();
    choice %= std::size(routes) + table.size();
    if (choice >= std::size(routes)) {
        const auto& endpoint = table[choice - std::size(routes)];
        request.method = endpoint.method;
        request.path = filled(endpoint.path, value);
        return;
    }
    const auto& route = routes[choice];
    request.method = route.method;
    request.path = route.path;
    if (request.path.ends_with('/')) request.path += value.empty() ? route.value : std::string(value);
}

struct Host {
    fuzz::Account account{"key-of-a-peer"};
    adapters::rest::RestApi rest{account.api, account.crypto, {.setup_pat_enabled = true}};

    http::Response ask(http::Request request) {
        request.headers.emplace_back("authorization", "Token " + account.token);
        std::optional<http::Response> answer;
        rest.handler()(std::make_shared<const http::Request>(std::move(request)), [&](http::Response response) {
            fuzz::expect(!answer, "one answer");
            answer = std::move(response);
        });
        fuzz::expect(answer.has_value(), "an answer");
        return *answer;
    }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static auto& host = *new Host;
    host.account.reset();
    fuzz::Input input(data, size);
    const auto choice = input.byte();
    http::Request request;
    request.query = input.line();
    choose_route(request, choice, input.line());
    request.body = input.rest();
    const auto answer = host.ask(std::move(request));

    fuzz::expect(answer.status >= 200 && answer.status < 500, "no request is a fault of ours");
    if (answer.status >= 400 && answer.status != 404) {
        const auto error = nlohmann::json::parse(answer.body, nullptr, false);
        fuzz::expect(error.is_object() && error["message"].is_string() && error["message"] != "",
                     "an error says something");
    }
    // Whatever was stored can be shown and sent.
    for (const auto* list : {"/api/peers", "/api/setup-keys", "/api/groups", "/api/policies", "/api/posture-checks",
                             "/api/routes", "/api/networks", "/api/networks/resources", "/api/networks/routers",
                             "/api/dns/nameservers", "/api/dns/zones", "/api/users", "/api/accounts"}) {
        http::Request get;
        get.method = "GET";
        get.path = list;
        const auto shown = host.ask(std::move(get));
        fuzz::expect(shown.status == 200 && nlohmann::json::accept(shown.body), "lists can be shown");
    }
    host.account.check_maps();
    return 0;
}
