#include <fcntl.h>

#include <functional>
#include <future>
#include <random>

#include "adapters/wsproxy/server.hpp"
#include "tests/catch.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/adapters/http/loopback.hpp"
#include "tests/unit/adapters/websocket/client_frames.hpp"

namespace rookery::adapters::wsproxy {
namespace {

using namespace std::chrono_literals;
using http::test::Client;
using test::client_frame;

const std::string upgrade = http::test::get("/ws-proxy/signal",
                                            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");

// gRPC's end of a tunnel, held by the test.
class Pipe {
public:
    explicit Pipe(int fd) : fd_(fd) {}
    Pipe(Pipe&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~Pipe() { close(); }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    // False once the tunnel has ended.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    // `size` bytes, or what came before the end.
    std::string read(std::size_t size) {
        std::string out;
        while (out.size() < size) {
            pollfd waiting{fd_, POLLIN, 0};
            if (::poll(&waiting, 1, 5'000) <= 0) break;
            char chunk[16 * 1024];
            const auto n = ::recv(fd_, chunk, std::min(sizeof chunk, size - out.size()), 0);
            if (n <= 0) break;
            out.append(chunk, static_cast<std::size_t>(n));
        }
        return out;
    }
    bool ended() { return read(1).empty(); }

private:
    int fd_;
};

struct Node {
    explicit Node(Settings settings = {}) {
        server = std::make_unique<Server>(std::move(settings), [this](const std::string& client) -> core::Result<int> {
            if (refuses) return core::fail(core::ErrorKind::unavailable, "no");
            int ends[2];
            if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
            ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
            remote = client;
            pipe.set_value(ends[1]);
            return ends[0];
        });
        loopback = std::make_unique<http::test::Loopback>(
            http::Limits{}, [](const auto&, const http::Respond& respond) { respond({}); },
            std::vector<std::pair<std::string, http::UpgradeHandler>>{
                {"/ws-proxy/signal", [this](http::Upgraded u) { server->accept(std::move(u)); }}});
    }

    const Counters& counters() const { return server->counters(); }

    std::promise<int> pipe;
    std::string remote;
    bool refuses = false;
    std::unique_ptr<Server> server;
    std::unique_ptr<http::test::Loopback> loopback;
};

// An upgraded client with gRPC's end of its tunnel.
struct Session {
    explicit Session(Node& node, const std::string& more = {}) : client(node.loopback->port()) {
        client.send(upgrade + more);
        const auto answer = client.read_until("\r\n\r\n");
        CHECK(answer.starts_with("HTTP/1.1 101 "));
        rest = answer.substr(answer.find("\r\n\r\n") + 4);
        auto made = node.pipe.get_future();
        REQUIRE(made.wait_for(5s) == std::future_status::ready);
        pipe = std::make_unique<Pipe>(made.get());
        node.pipe = {};
    }
    // One server frame: {first byte, payload}; 0: the connection ended.
    std::pair<int, std::string> read_frame() {
        const auto header = [&](const std::string& in) -> std::size_t {
            if (in.size() < 2) return 0;
            return (in[1] & 0x7f) < 126 ? 2 : in.size() < 4 ? 0 : 4;
        };
        const auto size = [&](const std::string& in) -> std::size_t {
            const auto h = header(in);
            if (h == 2) return 2 + static_cast<unsigned char>(in[1]);
            return 4 + (static_cast<unsigned char>(in[2]) << 8) + static_cast<unsigned char>(in[3]);
        };
        const auto whole = [&](const std::string& in) { return header(in) > 0 && in.size() >= size(in); };
        if (!whole(rest)) rest += client.read([&](const std::string& in) { return whole(rest + in); });
        if (!whole(rest)) return {0, ""};
        const auto h = header(rest);
        const auto s = size(rest);
        std::pair<int, std::string> frame{static_cast<unsigned char>(rest[0]), rest.substr(h, s - h)};
        rest.erase(0, s);
        return frame;
    }

    Client client;
    std::unique_ptr<Pipe> pipe;
    std::string rest;
};

std::string code(std::uint16_t number) {
    return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

}  // namespace

TEST_CASE("bytes go both ways, in whatever cut") {
    Node node;
    Session session(node, client_frame("PRI * HTTP/2.0"));  // the first frame rides with the upgrade
    CHECK(session.pipe->read(14) == "PRI * HTTP/2.0");
    CHECK(node.remote.starts_with("127.0.0.1:"));
    CHECK(node.counters().active == 1);

    std::mt19937 random(7);
    std::string sent;
    std::string frames;
    for (int i = 0; i < 50; ++i) {
        std::string payload(random() % 2'000, '\0');
        for (auto& c : payload) c = static_cast<char>(random());
        sent += payload;
        frames += client_frame(payload);
    }
    for (std::size_t at = 0; at < frames.size(); at += 777) session.client.send(frames.substr(at, 777));
    CHECK(session.pipe->read(sent.size()) == sent);
    CHECK_EVENTUALLY(node.counters().ws_to_grpc_bytes == 14 + sent.size());

    session.pipe->send("SETTINGS");
    CHECK(session.read_frame() == std::pair<int, std::string>{0x82, "SETTINGS"});
    session.pipe->send(sent);
    std::string got;
    while (got.size() < sent.size()) {
        const auto [first, payload] = session.read_frame();
        REQUIRE(first == 0x82);
        REQUIRE(payload.size() <= 32'768);
        got += payload;
    }
    CHECK(got == sent);
    CHECK_EVENTUALLY(node.counters().grpc_to_ws_bytes == 8 + sent.size());
}

TEST_CASE("fragments are bytes like others, texts are none") {
    Node node;
    Session session(node);
    session.client.send(client_frame("a", 2, 1, false) + client_frame("p", 9) + client_frame("b", 0, 2, false) +
                        client_frame("c", 0, 3) + client_frame("text", 1) + client_frame("te", 1, 4, false) +
                        client_frame("xt", 0) + client_frame("") + client_frame("d"));
    CHECK(session.pipe->read(4) == "abcd");
    CHECK(session.read_frame() == std::pair<int, std::string>{0x8a, "p"});
    CHECK(node.counters().ignored_texts == 2);
    CHECK(node.counters().active == 1);
}

TEST_CASE("what breaks the protocol ends the tunnel with a code that says so") {
    struct Case {
        std::string bytes;
        std::uint16_t code;
    };
    const std::vector<Case> cases{
        {client_frame(std::string(32'769, 'x')), 1009},
        {client_frame(std::string(20'000, 'x'), 2, 1, false) + client_frame(std::string(20'000, 'x'), 0), 1009},
        {client_frame(std::string(32'769, 'x'), 1), 1009},
        {client_frame("x", 0), 1002},                                // continues nothing
        {client_frame("x", 2, 1, false) + client_frame("y"), 1002},  // two messages at once
        {std::string("\x82\x01x"), 1002},                            // no mask
        {client_frame("x", 3), 1002},
        {client_frame("x", 9, 1, false), 1002},
    };
    for (const auto& c : cases) {
        Node node;
        Session session(node);
        session.client.send(c.bytes + client_frame("more"));
        const auto [first, payload] = session.read_frame();
        CHECK(first == 0x88);
        CHECK(payload.substr(0, 2) == code(c.code));
        session.pipe->read(100'000);
        CHECK(session.pipe->ended());
        CHECK(node.counters().read_errors == 1);
        session.client.shutdown_send();
        CHECK_EVENTUALLY(node.counters().active == 0);
    }
}

TEST_CASE("the largest message is taken") {
    Node node;
    Session session(node);
    session.client.send(client_frame(std::string(32'768, 'x')));
    CHECK(session.pipe->read(32'768).size() == 32'768);
}

TEST_CASE("either side's end is the other's") {
    SECTION("gRPC ends") {
        Node node;
        Session session(node);
        session.pipe->send("GOAWAY");
        session.pipe->close();
        CHECK(session.read_frame() == std::pair<int, std::string>{0x82, "GOAWAY"});
        CHECK(session.read_frame() == std::pair<int, std::string>{0x88, code(1000)});
        session.client.send(client_frame(code(1000), 8));
        CHECK(session.read_frame().first == 0);
        CHECK_EVENTUALLY(node.counters().active == 0);
    }
    SECTION("the client says goodbye") {
        Node node;
        Session session(node);
        session.client.send(client_frame("last") + client_frame(code(1001) + "bye", 8) + client_frame("not read"));
        CHECK(session.pipe->read(4).size() <= 4);
        CHECK(session.read_frame() == std::pair<int, std::string>{0x88, code(1001)});
        CHECK(session.read_frame().first == 0);
        CHECK(session.pipe->ended());
        CHECK(node.counters().read_errors == 0);
        CHECK_EVENTUALLY(node.counters().active == 0);
    }
    SECTION("the client breaks off") {
        Node node;
        Session session(node);
        session.client.shutdown_send();
        CHECK(session.pipe->ended());
        CHECK_EVENTUALLY(node.counters().read_errors == 1);
        CHECK_EVENTUALLY(node.counters().active == 0);
    }
    SECTION("a client that never answers the close frame") {
        Settings settings;
        settings.tunnels.goodbye_limit = 50ms;
        Node node(settings);
        Session session(node);
        session.pipe->close();
        CHECK(session.read_frame().second == code(1000));
        CHECK(session.read_frame().first == 0);
    }
}

TEST_CASE("a slow side slows the other down, and too slow a one ends the tunnel") {
    SECTION("gRPC does not read") {
        Settings settings;
        settings.tunnels.pipe_deadline = 300ms;
        Node node(settings);
        Session session(node);
        std::thread sender([&] {
            const auto frame = client_frame(std::string(32'000, 'x'));
            for (int i = 0; i < 2'000 && session.client.send(frame); ++i) {
            }
        });
        CHECK_EVENTUALLY(node.counters().pipe_errors == 1);
        CHECK_EVENTUALLY(node.counters().active == 0);
        sender.join();
        CHECK(node.counters().ws_to_grpc_bytes < 2'000'000);
    }
    SECTION("the client does not read") {
        Settings settings;
        settings.tunnels.write_deadline = 300ms;
        Node node(settings);
        Session session(node);
        std::thread sender([&] {
            const std::string chunk(32'000, 'x');
            while (session.pipe->send(chunk)) {
            }
        });
        CHECK_EVENTUALLY(node.counters().write_errors == 1);
        CHECK_EVENTUALLY(node.counters().active == 0);
        sender.join();
    }
}

TEST_CASE("drain: new upgrades are refused, tunnels are told that the node goes away") {
    Node node;
    Session ends_by_itself(node);
    Session stays(node);
    node.server->drain();
    ends_by_itself.pipe->close();
    CHECK(ends_by_itself.read_frame() == std::pair<int, std::string>{0x88, code(1001)});
    ends_by_itself.client.send(client_frame(code(1001), 8));

    Client late(node.loopback->port());
    late.send(upgrade);
    CHECK(late.read_until("shutting down").starts_with("HTTP/1.1 503 "));

    auto all = std::async(std::launch::async, [&] { node.server->close_all(20s); });
    CHECK(stays.read_frame() == std::pair<int, std::string>{0x88, code(1001) + "draining"});
    CHECK(stays.pipe->ended());
    stays.client.send(client_frame(code(1001), 8));
    CHECK(all.wait_for(5s) == std::future_status::ready);
    CHECK(node.counters().active == 0);
}

TEST_CASE("what is refused") {
    Settings settings;
    settings.max_tunnels = 1;
    Node node(settings);
    const auto answer = [&](const std::string& request) {
        Client client(node.loopback->port());
        client.send(request);
        return client.read_until("\r\n\r\n");
    };
    CHECK(answer(http::test::get("/ws-proxy/signal")).starts_with("HTTP/1.1 426 "));
    node.refuses = true;
    CHECK(answer(upgrade).starts_with("HTTP/1.1 503 "));
    node.refuses = false;
    CHECK(node.counters().active == 0);
    Session session(node);
    CHECK(answer(upgrade).starts_with("HTTP/1.1 503 "));
    CHECK(node.counters().accept_failed == 3);
    CHECK(node.counters().active == 1);
}

TEST_CASE("the client's address behind a trusted proxy") {
    const auto with_header =
        http::test::get("/ws-proxy/signal",
                        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n");
    Settings settings;
    settings.trust.peers = io::Networks::parse({"127.0.0.0/8"}).value();
    Node node(settings);
    Client client(node.loopback->port());
    client.send(with_header);
    client.read_until("\r\n\r\n");
    CHECK(node.remote == "203.0.113.9");
    ::close(node.pipe.get_future().get());

    Node wary;
    Client other(wary.loopback->port());
    other.send(with_header);
    other.read_until("\r\n\r\n");
    CHECK(wary.remote.starts_with("127.0.0.1:"));
    ::close(wary.pipe.get_future().get());
}

}  // namespace rookery::adapters::wsproxy
