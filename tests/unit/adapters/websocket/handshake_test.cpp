#include "adapters/websocket/handshake.hpp"

#include <algorithm>
#include <optional>

#include "tests/catch.hpp"
#include "tests/unit/actors/relay/vectors.hpp"

namespace rookery::adapters::websocket {
namespace {

using test::vectors;

http::Request good() {
    http::Request r;
    r.method = "GET";
    r.path = "/relay";
    r.remote = "192.0.2.7:4711";
    r.headers = {{"host", "relay.example.com"},
                 {"connection", "Upgrade"},
                 {"upgrade", "websocket"},
                 {"sec-websocket-version", "13"},
                 {"sec-websocket-key", vectors()["websocket"]["sec_websocket_key"].get<std::string>()}};
    return r;
}

http::Request with(const std::string& name, const std::optional<std::string>& value) {
    auto r = good();
    std::erase_if(r.headers, [&](const auto& h) { return h.first == name; });
    if (value) r.headers.emplace_back(name, *value);
    return r;
}

std::optional<std::string> header(const http::Response& r, const std::string& name) {
    for (const auto& [key, value] : r.headers)
        if (key == name) return value;
    return std::nullopt;
}

void expect(const http::Request& request, int status, const std::string& body) {
    const auto result = check_upgrade(request);
    REQUIRE_FALSE(result);
    const auto& r = result.error();
    CHECK(r.status == status);
    CHECK(r.body.starts_with(body));
    CHECK(r.body.ends_with("\n"));
    CHECK(std::count(r.body.begin(), r.body.end(), '\n') == 1);
    CHECK(header(r, "Content-Type") == "text/plain; charset=utf-8");
    CHECK(header(r, "X-Content-Type-Options") == "nosniff");
}

TEST_CASE("a good handshake is accepted without subprotocol and extensions") {
    auto request = good();
    request.headers.emplace_back("origin", "https://elsewhere.example");
    request.headers.emplace_back("sec-websocket-protocol", "chat");
    request.headers.emplace_back("sec-websocket-extensions", "permessage-deflate");
    const auto accept = check_upgrade(request);
    REQUIRE(accept);
    CHECK(*accept == vectors()["websocket"]["sec_websocket_accept"].get<std::string>());
    const auto bytes = switching_protocols(*accept);
    CHECK(bytes.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    CHECK(bytes.find("\r\nSec-WebSocket-Accept: " + *accept + "\r\n") != std::string::npos);
    CHECK(bytes.find("Sec-WebSocket-Protocol") == std::string::npos);
    CHECK(bytes.find("Sec-WebSocket-Extensions") == std::string::npos);
    CHECK(bytes.ends_with("\r\n\r\n"));
}

TEST_CASE("header tokens are found in lists, in any case, over several lines") {
    CHECK(check_upgrade(with("connection", "keep-alive, UPGRADE")));
    CHECK(check_upgrade(with("upgrade", "h2c , WebSocket")));
    auto two_lines = with("connection", "keep-alive");
    two_lines.headers.emplace_back("connection", "upgrade");
    CHECK(check_upgrade(two_lines));
}

TEST_CASE("wrong requests, in the order of the checks") {
    auto old = good();
    old.version = 10;
    old.method = "POST";
    expect(old, 426, "WebSocket protocol violation: handshake request must be at least HTTP/1.1");

    auto post = with("connection", std::nullopt);
    post.method = "POST";
    expect(post, 426, "WebSocket protocol violation: Connection header");
    expect(with("connection", "close\r\nX: y"), 426, "WebSocket protocol violation: Connection header");
    expect(with("upgrade", "h2c"), 426, "WebSocket protocol violation: Upgrade header");
    for (const auto* name : {"connection", "upgrade"}) {
        const auto refused = check_upgrade(with(name, std::nullopt));
        CHECK(header(refused.error(), "Connection") == "Upgrade");
        CHECK(header(refused.error(), "Upgrade") == "websocket");
    }

    auto head = with("sec-websocket-version", "8");
    head.method = "HEAD";
    expect(head, 405, "WebSocket protocol violation: handshake request method is not GET");

    expect(with("sec-websocket-version", "8"), 400, "unsupported WebSocket protocol version");
    expect(with("sec-websocket-version", std::nullopt), 400, "unsupported WebSocket protocol version");
    CHECK(header(check_upgrade(with("sec-websocket-version", "8")).error(), "Sec-WebSocket-Version") == "13");

    expect(with("sec-websocket-key", std::nullopt), 400, "WebSocket protocol violation: ");
    expect(with("sec-websocket-key", "AAEC"), 400, "WebSocket protocol violation: ");
    expect(with("sec-websocket-key", "not base64"), 400, "WebSocket protocol violation: ");
    auto twice = good();
    twice.headers.push_back(twice.headers.back());
    expect(twice, 400, "WebSocket protocol violation: ");
    CHECK(check_upgrade(twice).error().body.find("Sec-WebSocket-Key") != std::string::npos);
}

TEST_CASE("refusal bytes") {
    const auto bytes = refusal_bytes(good(), check_upgrade(with("sec-websocket-version", "8")).error());
    CHECK(bytes.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(bytes.find("\r\nConnection: close\r\n") != std::string::npos);
    const auto upgrade = refusal_bytes(good(), check_upgrade(with("upgrade", std::nullopt)).error());
    CHECK(upgrade.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
    CHECK(upgrade.find("\r\nConnection: Upgrade\r\n") != std::string::npos);
    CHECK(upgrade.find("Connection: close") == std::string::npos);
    auto head = with("connection", std::nullopt);
    head.method = "HEAD";
    const auto empty = refusal_bytes(head, check_upgrade(head).error());
    CHECK(empty.starts_with("HTTP/1.1 426 "));
    CHECK(empty.find("\r\nContent-Length: 0\r\n") == std::string::npos);
    CHECK(empty.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace rookery::adapters::websocket
