#include "adapters/http/router.hpp"

#include "adapters/http/percent.hpp"
#include "tests/catch.hpp"

using namespace rookery::adapters::http;

namespace {

std::optional<std::string> header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return std::nullopt;
}

struct Fixture {
    Fixture() : router([this] { return "id" + std::to_string(++ids); }) {
        const auto say = [](std::string text) {
            return [text](std::shared_ptr<const Request> request, Respond respond) {
                std::string body = text;
                for (const auto& value : request->path_values) body += " " + value;
                body += " " + std::string(request->header("x-request-id").value_or("none"));
                respond({200, {}, body});
            };
        };
        router.add("GET", "/api/peers", say("list"));
        router.add("GET", "/api/peers/{}", say("one"));
        router.add("PUT", "/api/peers/{}", say("put"));
        router.add("GET", "/api/users/current", say("current"));
        router.add("GET", "/api/users/{}", say("user"));
        router.add("GET", "/api/a/{}/b/{}", say("nested"));
        router.add_plain("GET", "/api/health", say("health"));
    }

    Response ask(std::string method, std::string path, Headers headers = {}, std::string query = {}) {
        auto request = std::make_shared<Request>();
        request->method = std::move(method);
        request->path = std::move(path);
        request->query = std::move(query);
        request->headers = std::move(headers);
        std::optional<Response> answer;
        router.handle(request, [&](Response response) { answer = std::move(response); });
        REQUIRE(answer);
        return *answer;
    }

    int ids = 0;
    Router router;
};

}  // namespace

TEST_CASE("routes are found by method and path") {
    Fixture f;
    CHECK(f.ask("GET", "/api/peers").body == "list id1");
    CHECK(f.ask("GET", "/api/peers/x y").body == "one x y id2");
    CHECK(f.ask("PUT", "/api/peers/x").body == "put x id3");
    CHECK(f.ask("GET", "/api/users/current").body == "current id4");
    CHECK(f.ask("GET", "/api/users/me").body == "user me id5");
    CHECK(f.ask("GET", "/api/a/1/b/2").body == "nested 1 2 id6");
}

TEST_CASE("unknown paths and methods get the same 404, without middleware") {
    Fixture f;
    const auto [method, path] = GENERATE(table<std::string, std::string>({
        {"GET", "/"},
        {"GET", "/api"},
        {"GET", "/api/"},
        {"GET", "/API/peers"},
        {"GET", "/api/peers/"},
        {"GET", "/api/peers/a/b"},
        {"GET", "/api/peers/a/"},
        {"DELETE", "/api/peers"},
        {"HEAD", "/api/peers"},
        {"get", "/api/peers"},
        {"TRACE", "/api/peers"},
        {"OPTIONS", "/nowhere"},
        {"OPTIONS", "*"},
        {"POST", "/api/health"},
    }));
    CAPTURE(method, path);
    const auto answer = f.ask(method, path, {{"origin", "https://app"}, {"access-control-request-method", "GET"}});
    CHECK(answer.status == 404);
    CHECK(answer.body == "404 page not found\n");
    CHECK(answer.headers ==
          Headers{{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}});
    CHECK(f.ids == 0);
}

TEST_CASE("unclean paths are sent to the clean one") {
    Fixture f;
    const auto [path, location] = GENERATE(table<std::string, std::string>({
        {"/api//groups", "/api/groups"},
        {"//api/groups", "/api/groups"},
        {"//evil.example/..", "/"},
        {"/api/./groups", "/api/groups"},
        {"/api/x/../groups/", "/api/groups/"},
        {"/../../etc", "/etc"},
        {"/api/groups/..", "/api"},
        {"/a//b c\r\n", "/a/b%20c%0D%0A"},
    }));
    const auto answer = f.ask("GET", path);
    CHECK(answer.status == 301);
    CHECK(header(answer, "Location") == location);
    CHECK(answer.body.empty());
    CHECK(header(f.ask("GET", path, {}, "a=b"), "Location") == location + "?a=b");
}

TEST_CASE("the request id is fresh, whatever the client says") {
    Fixture f;
    const auto answer = f.ask("GET", "/api/peers", {{"x-request-id", "mine"}});
    CHECK(header(answer, "X-Request-Id") == "id1");
    CHECK(answer.body == "list id1");
}

TEST_CASE("answers to other origins may be read") {
    Fixture f;
    const auto plain = f.ask("GET", "/api/peers");
    CHECK(header(plain, "Vary") == "Origin");
    CHECK(!header(plain, "Access-Control-Allow-Origin"));
    const auto cross = f.ask("GET", "/api/peers", {{"origin", "null"}});
    CHECK(header(cross, "Vary") == "Origin");
    CHECK(header(cross, "Access-Control-Allow-Origin") == "*");
}

TEST_CASE("pre-flights") {
    Fixture f;
    const auto ask = [&](Headers headers) { return f.ask("OPTIONS", "/api/peers/x", std::move(headers)); };
    const auto full = ask({{"origin", "https://app"},
                           {"access-control-request-method", "put"},
                           {"access-control-request-headers", "authorization, content-TYPE,,bad name"}});
    CHECK(full.status == 204);
    CHECK(full.body.empty());
    CHECK(header(full, "Vary") == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    CHECK(header(full, "Access-Control-Allow-Origin") == "*");
    CHECK(header(full, "Access-Control-Allow-Methods") == "PUT");
    CHECK(header(full, "Access-Control-Allow-Headers") == "Authorization, Content-Type, bad name");
    CHECK(header(full, "X-Request-Id") == "id1");

    const auto no_names = ask({{"origin", "https://app"}, {"access-control-request-method", "DELETE"}});
    CHECK(header(no_names, "Access-Control-Allow-Methods") == "DELETE");
    CHECK(!header(no_names, "Access-Control-Allow-Headers"));

    for (const auto& refused : {ask({{"access-control-request-method", "GET"}}),
                                ask({{"origin", "https://app"}, {"access-control-request-method", "TRACE"}})}) {
        CHECK(refused.status == 204);
        CHECK(header(refused, "Vary"));
        CHECK(!header(refused, "Access-Control-Allow-Origin"));
    }
}

TEST_CASE("an OPTIONS that is no pre-flight runs no handler") {
    Fixture f;
    const auto answer = f.ask("OPTIONS", "/api/peers", {{"origin", "https://app"}});
    CHECK(answer.status == 204);
    CHECK(answer.body.empty());
    CHECK(header(answer, "Vary") == "Origin");
    CHECK(header(answer, "Access-Control-Allow-Origin") == "*");
}

TEST_CASE("plain routes have no middleware") {
    Fixture f;
    const auto answer = f.ask("GET", "/api/health", {{"origin", "https://app"}});
    CHECK(answer.body == "health none");
    CHECK(answer.headers.empty());
}

TEST_CASE("percent-encoding") {
    CHECK(percent_decode("a%20b%2Fc+d") == "a b/c+d");
    CHECK(percent_decode("a+b", true) == "a b");
    CHECK(percent_decode("%00") == std::string(1, '\0'));
    for (const auto* broken : {"%", "%4", "%zz", "a%4g"}) CHECK(!percent_decode(broken));
    CHECK(percent_encode_path("/a b/ä?#%") == "/a%20b/%C3%A4%3F%23%25");
}

TEST_CASE("query values") {
    Request request;
    request.query = "name=a%20b+c&empty=&flag&name=second&bad=%zz&e%3Dq=1";
    CHECK(request.query_value("name") == "a b c");
    CHECK(request.query_value("empty") == "");
    CHECK(request.query_value("flag") == "");
    CHECK(!request.query_value("bad"));
    CHECK(request.query_value("e=q") == "1");
    CHECK(!request.query_value("none"));
}
