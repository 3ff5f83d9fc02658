// Random and damaged requests never crash or hang the server; it goes on serving afterwards.
#include <random>

#include "tests/catch.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/adapters/http/loopback.hpp"

using namespace rookery::adapters::http;
using namespace rookery::adapters::http::test;

TEST_CASE("garbage never harms the server") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    const std::vector<std::string> parts{
        "GET ",
        "POST ",
        "/api/peers",
        "/%",
        "?a=b",
        " HTTP/1.1\r\n",
        " HTTP/1.0\r\n",
        "Host: h\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: upgrade, close\r\n",
        "Expect: 100-continue\r\n",
        "\r\n",
        "\r\n\r\n",
        "5\r\nabcde\r\n",
        "0\r\n\r\n",
        "0;a=\"b\\\"\r\nT: x\r\n\r\n",
        "ffffffffffffffff\r\n",
        "\n",
        "\r",
        "\t",
        ":",
        " ",
        "\0x",
    };

    Limits limits;
    limits.header_bytes = 2'000;
    limits.body_bytes = 5'000;
    limits.header_deadline = 300ms;
    limits.body_deadline = 300ms;
    Loopback host(limits, [](auto request, Respond respond) { respond({200, {}, request->body}); });

    for (int i = 0; i < 400; ++i) {
        std::string bytes;
        for (std::size_t n = 1 + below(20); n > 0; --n) {
            if (below(4) == 0)
                for (std::size_t k = below(30); k > 0; --k) bytes += static_cast<char>(below(256));
            else
                bytes += parts[below(parts.size())];
        }
        if (below(20) == 0) bytes += std::string(below(40'000), static_cast<char>(below(256)));
        Client client(host.port());
        REQUIRE(client.connected);
        for (std::size_t at = 0; at < bytes.size();) {
            const auto size = 1 + below(bytes.size() - at);
            if (!client.send(std::string_view(bytes).substr(at, size))) break;
            at += size;
        }
        if (below(2) == 0) client.shutdown_send();
        client.read_to_end(std::chrono::milliseconds(below(3)));
    }

    CHECK_EVENTUALLY(host.server->counters().open == 0);
    Client client(host.port());
    client.send(get("/", "Connection: close\r\n"));
    CHECK(client.read_to_end().starts_with("HTTP/1.1 200 OK\r\n"));
}
