#include <mutex>
#include <thread>

#include <boost/asio/buffer.hpp>

#include "tests/catch.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/adapters/http/loopback.hpp"

using namespace rookery::adapters::http;
using namespace rookery::adapters::http::test;

namespace {

// Answers with what it understood.
void echo(std::shared_ptr<const Request> request, Respond respond) {
    respond({200,
             {{"Content-Type", "text/plain"}},
             request->method + " " + request->path + "?" + request->query + " [" + request->body + "]\n"});
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

}  // namespace

TEST_CASE("a request is answered and the connection kept") {
    Loopback host({}, echo);
    Client client(host.port());
    client.send(get("/a%20b?x=%20y"));
    const auto first = client.read_until("]\n");
    CHECK(first.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    CHECK(contains(first, "\r\nContent-Type: text/plain\r\nContent-Length: 19\r\n"));
    CHECK(contains(first, "\r\n\r\nGET /a b?x=%20y []\n"));
    CHECK(!contains(first, "Connection:"));
    client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(contains(client.read_until("]\n"), "POST /p? [body]\n"));
    CHECK_EVENTUALLY(host.server->counters().requests == 2);
    CHECK_EVENTUALLY(host.server->counters().open == 1);
    CHECK_EVENTUALLY(host.server->counters().rejected == 0);
}

TEST_CASE("what the front has read ahead is part of the first request") {
    Loopback host({}, echo);
    host.read_ahead = "GET /ahead HT";
    Client client(host.port());
    client.send("TP/1.1\r\nHost: h\r\n\r\n");
    CHECK(contains(client.read_until("]\n"), "GET /ahead? []"));
}

TEST_CASE("a request that comes byte by byte is read") {
    Loopback host({}, echo);
    Client client(host.port());
    const std::string request =
        "POST /slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
    for (const char c : request) client.send({&c, 1});
    CHECK(contains(client.read_until("]\n"), "POST /slow? [abcde]"));
}

TEST_CASE("pipelined requests are answered in order, also when handlers answer from other threads") {
    std::mutex mutex;
    std::vector<std::thread> threads;
    {
        Loopback host({}, [&](std::shared_ptr<const Request> request, Respond respond) {
            const std::lock_guard lock(mutex);
            threads.emplace_back([request, respond] { echo(request, respond); });
        });
        Client client(host.port());
        std::string all;
        for (int i = 0; i < 20; ++i) all += get("/" + std::to_string(i));
        client.send(all);
        const auto answers = client.read([](const std::string& in) { return count(in, "]\n") == 20; });
        std::size_t last = 0;
        for (int i = 0; i < 20; ++i) {
            const auto at = answers.find("GET /" + std::to_string(i) + "?");
            REQUIRE(at != std::string::npos);
            CHECK(at > last);
            last = at;
        }
        for (auto& thread : threads) thread.join();
    }
}

TEST_CASE("HEAD gets the header alone") {
    Loopback host({}, echo);
    Client client(host.port());
    client.send("HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n" + get("/next"));
    const auto answer = client.read_until("]\n");
    CHECK(contains(answer, "Content-Length: 12\r\n\r\nHTTP/1.1 200"));
    CHECK(!contains(answer, "HEAD /h"));
}

TEST_CASE("204 has neither body nor length") {
    Loopback host({}, [](auto, Respond respond) { respond({204, {}, "no"}); });
    Client client(host.port());
    client.send(get("/", "Connection: close\r\n"));
    const auto answer = client.read_to_end();
    CHECK(answer.starts_with("HTTP/1.1 204 No Content\r\n"));
    CHECK(!contains(answer, "Content-Length"));
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("HTTP/1.0 closes unless asked to keep") {
    Loopback host({}, echo);
    Client closing(host.port());
    closing.send("GET /old HTTP/1.0\r\n\r\n");
    CHECK(contains(closing.read_to_end(), "Connection: close\r\n\r\nGET /old"));
    CHECK(closing.closed);
    Client keeping(host.port());
    keeping.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(contains(keeping.read_until("]\n"), "Connection: keep-alive\r\n"));
    keeping.send("GET /b HTTP/1.0\r\n\r\n");
    CHECK(contains(keeping.read_to_end(), "GET /b"));
}

TEST_CASE("a client that has shut down its sending side still gets the answer") {
    Loopback host({}, echo);
    Client client(host.port());
    client.send(get("/last"));
    client.shutdown_send();
    CHECK(contains(client.read_to_end(), "GET /last"));
    CHECK_EVENTUALLY(host.server->counters().open == 0);
}

TEST_CASE("Expect: 100-continue is answered before the body comes") {
    Loopback host({}, echo);
    Client client(host.port());
    client.send("PUT /e HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ok");
    CHECK(contains(client.read_until("]\n"), "PUT /e? [ok]"));
    Client other(host.port());
    other.send("PUT /e HTTP/1.1\r\nHost: h\r\nExpect: tea\r\nContent-Length: 2\r\n\r\n");
    CHECK(other.read_to_end().starts_with("HTTP/1.1 417 "));
}

TEST_CASE("requests that are no HTTP, or ambiguous, get 400 and the connection ends") {
    Loopback host({}, echo);
    const auto bad = GENERATE(values<std::string>({
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls",
        "nonsense\r\n\r\n",
        "GET /x\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    }));
    CAPTURE(bad);
    Client client(host.port());
    client.send(bad);
    const auto answer = client.read_to_end();
    CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(contains(answer, "Content-Type: text/plain; charset=utf-8\r\n"));
    CHECK(contains(answer, "Connection: close\r\n\r\n400 Bad Request"));
    CHECK(client.closed);
    CHECK_EVENTUALLY(host.server->counters().rejected == 1);
}

TEST_CASE("absolute targets and the asterisk are understood") {
    Loopback host({}, echo);
    Client client(host.port());
    client.send("GET http://example.com:80/abs?q HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(contains(client.read_until("]\n"), "GET /abs?q []"));
    client.send("\r\nOPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(contains(client.read_until("]\n"), "OPTIONS *? []"));
}

TEST_CASE("a header beyond the limit gets 431, in one piece and in small fields") {
    Limits limits;
    limits.header_bytes = 1024;
    Loopback host(limits, echo);
    Client one(host.port());
    one.send(get("/", "X: " + std::string(5000, 'x') + "\r\n"));
    CHECK(one.read_to_end().starts_with("HTTP/1.1 431 "));
    Client many(host.port());
    many.send("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 500 && many.send("a: b\r\n"); ++i) {
    }
    CHECK(many.read_to_end().starts_with("HTTP/1.1 431 "));
    CHECK_EVENTUALLY(host.server->counters().rejected == 2);
    Client fits(host.port());
    fits.send(get("/", "X: " + std::string(900, 'x') + "\r\n"));
    CHECK(fits.read_until("]\n").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a body beyond the limit gets 413, announced or not") {
    Limits limits;
    limits.body_bytes = 1000;
    Loopback host(limits, echo);
    Client announced(host.port());
    announced.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'));
    CHECK(announced.read_to_end().starts_with("HTTP/1.1 413 "));
    Client chunked(host.port());
    chunked.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; ++i) chunked.send("190\r\n" + std::string(400, 'x') + "\r\n");
    CHECK(chunked.read_to_end().starts_with("HTTP/1.1 413 "));
    Client extension(host.port());
    extension.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(40'000, 'x'));
    CHECK(extension.read_to_end().starts_with("HTTP/1.1 400 "));
    Client fits(host.port());
    fits.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
    CHECK(fits.read_until("]\n").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("slow clients are cut at the deadline of what they are slow with") {
    Limits limits;
    limits.header_deadline = 200ms;
    limits.body_deadline = 200ms;
    limits.idle_deadline = 200ms;
    Loopback host(limits, echo);
    const auto start = std::chrono::steady_clock::now();

    SECTION("header, byte after byte") {
        Client client(host.port());
        for (int i = 0; i < 100 && !client.closed; ++i) {
            client.send("G");
            client.read_to_end(20ms);
        }
        CHECK(client.closed);
        CHECK_EVENTUALLY(host.server->counters().rejected == 1);
    }
    SECTION("body, byte after byte") {
        Client client(host.port());
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
        for (int i = 0; i < 100 && !client.closed; ++i) {
            client.send("x");
            client.read_to_end(20ms);
        }
        CHECK(client.closed);
        CHECK_EVENTUALLY(host.server->counters().rejected == 1);
    }
    SECTION("silent from the start, and between requests: no fault of theirs") {
        Client silent(host.port());
        Client kept(host.port());
        kept.send(get("/"));
        kept.read_until("]\n");
        silent.read_to_end(2s);
        kept.read_to_end(2s);
        CHECK(silent.closed);
        CHECK(kept.closed);
        CHECK_EVENTUALLY(host.server->counters().rejected == 0);
    }
    const auto took = std::chrono::steady_clock::now() - start;
    CHECK(took >= 190ms);
    CHECK(took < 1900ms);
}

TEST_CASE("a client that does not read its answer is cut") {
    Limits limits;
    limits.write_deadline = 20ms;
    Loopback host(limits, [](auto, Respond respond) { respond({200, {}, std::string(16 * 1024 * 1024, 'x')}); });
    Client client(host.port());
    client.send(get("/"));
    CHECK_EVENTUALLY(host.server->counters().rejected == 1);
    CHECK_EVENTUALLY(host.server->counters().open == 0);
}

TEST_CASE("handlers that fail, forget or dawdle are answered for") {
    Limits limits;
    limits.answer_deadline = 100ms;
    std::vector<Respond> kept;
    Loopback host(limits, [&](std::shared_ptr<const Request> request, Respond respond) {
        if (request->path == "/throw") throw std::runtime_error("no");
        if (request->path == "/late") kept.push_back(respond);
        if (request->path == "/twice") {
            respond({201, {}, "one"});
            respond({202, {}, "two"});
        }
    });
    Client throwing(host.port());
    throwing.send(get("/throw"));
    CHECK(throwing.read_to_end().starts_with("HTTP/1.1 500 "));
    Client forgetting(host.port());
    forgetting.send(get("/forget"));
    CHECK(forgetting.read_to_end().starts_with("HTTP/1.1 500 "));
    Client twice(host.port());
    twice.send(get("/twice", "Connection: close\r\n"));
    const auto answers = twice.read_to_end();
    CHECK(answers.starts_with("HTTP/1.1 201 "));
    CHECK(count(answers, "HTTP/1.1") == 1);
    Client late(host.port());
    late.send(get("/late"));
    CHECK(late.read_to_end().starts_with("HTTP/1.1 503 "));
    REQUIRE(kept.size() == 1);
    kept.front()({200, {}, "too late"});
}

TEST_CASE("an answer can bring no header of its own making") {
    Loopback host({}, [](auto, Respond respond) {
        respond({301, {{"Location", "/x\r\nSet-Cookie: a=b"}, {"Content-Length", "7"}}, {}});
    });
    Client client(host.port());
    client.send(get("/", "Connection: close\r\n"));
    const auto answer = client.read_to_end();
    CHECK(contains(answer, "\r\nLocation: /xSet-Cookie: a=b\r\n"));
    CHECK(contains(answer, "\r\nContent-Length: 0\r\n"));
}

TEST_CASE("every request on an upgrade path is handed over with what was read beyond its header") {
    struct Seen {
        std::string method, leftover;
    };
    std::mutex mutex;
    std::vector<Seen> seen;
    std::vector<rookery::adapters::io::Stream> streams;
    Loopback host({}, echo, {{"/relay", [&](Upgraded upgraded) {
                                  const std::lock_guard lock(mutex);
                                  seen.push_back({upgraded.request->method, upgraded.leftover});
                                  const std::string_view answer = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
                                  upgraded.stream.write_some(answer);
                                  streams.push_back(std::move(upgraded.stream));
                              }}});
    Client upgrading(host.port());
    upgrading.send(get("/before"));
    upgrading.read_until("]\n");
    upgrading.send(get("/relay", "Connection: Upgrade\r\nUpgrade: websocket\r\n") + "frame");
    CHECK(contains(upgrading.read_until("\r\n\r\n"), "101 Switching"));
    Client plain(host.port());
    plain.send("POST /relay HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(contains(plain.read_until("\r\n\r\n"), "101 Switching"));
    Client other(host.port());
    other.send(get("/relay/"));
    CHECK(contains(other.read_until("]\n"), "GET /relay/?"));

    CHECK_EVENTUALLY(host.server->counters().open == 1);
    CHECK_EVENTUALLY(host.server->counters().requests == 4);
    host.pool.stop();  // the streams must not outlive it
    streams.clear();
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].method == "GET");
    CHECK(seen[0].leftover == "frame");
    CHECK(seen[1].method == "POST");
    CHECK(seen[1].leftover == "abc");
}

TEST_CASE("a hundred connections at once") {
    Loopback host({}, echo);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 100; ++i) clients.push_back(std::make_unique<Client>(host.port()));
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < clients.size(); ++i)
            clients[i]->send(get("/" + std::to_string(round) + "/" + std::to_string(i)));
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const auto answer = clients[i]->read_until("]\n");
            CAPTURE(round, i, answer, clients[i]->connected, clients[i]->closed);
            CHECK(contains(answer, "GET /" + std::to_string(round) + "/" + std::to_string(i) + "? []"));
        }
    }
    CHECK_EVENTUALLY(host.server->counters().open == 100);
    clients.clear();
    CHECK_EVENTUALLY(host.server->counters().open == 0);
}

TEST_CASE("beyond the limit of connections a new one is closed") {
    Limits limits;
    limits.max_connections = 2;
    Loopback host(limits, echo);
    Client a(host.port()), b(host.port());
    CHECK_EVENTUALLY(host.server->counters().open == 2);
    Client c(host.port());
    CHECK(c.read_to_end().empty());
    CHECK(c.closed);
    CHECK_EVENTUALLY(host.server->counters().rejected == 1);
}

TEST_CASE("draining ends idle connections at once and busy ones after their answer") {
    std::mutex mutex;
    std::vector<std::pair<std::shared_ptr<const Request>, Respond>> waiting;
    Loopback host({}, [&](std::shared_ptr<const Request> request, Respond respond) {
        const std::lock_guard lock(mutex);
        waiting.emplace_back(std::move(request), std::move(respond));
    });
    Client idle(host.port()), busy(host.port());
    busy.send(get("/busy"));
    CHECK(rookery::test::eventually([&] {
        const std::lock_guard lock(mutex);
        return waiting.size() == 1;
    }));
    host.server->close_idle();
    CHECK(idle.read_to_end().empty());
    CHECK(idle.closed);
    {
        const std::lock_guard lock(mutex);
        echo(waiting.front().first, waiting.front().second);
    }
    CHECK(contains(busy.read_to_end(), "Connection: close\r\n\r\nGET /busy"));
    CHECK(busy.closed);
    CHECK_EVENTUALLY(host.server->counters().open == 0);
}

TEST_CASE("the server can end while connections are open and answers outstanding") {
    Respond late;
    std::atomic<bool> asked{false};
    Loopback host({}, [&](auto, Respond respond) {
        late = std::move(respond);
        asked = true;
    });
    Client idle(host.port()), busy(host.port());
    busy.send(get("/"));
    CHECK_EVENTUALLY(asked.load());
    host.server = std::make_unique<Server>(Limits{}, echo, std::vector<std::pair<std::string, UpgradeHandler>>{});
    late({200, {}, "late"});
    CHECK(idle.read_to_end().empty());
    CHECK(busy.read_to_end().empty());
    CHECK(idle.closed);
    CHECK(busy.closed);
}
