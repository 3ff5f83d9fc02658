// The relay on real sockets over loopback; the actors are replaced by a table that routes at once.
#include "adapters/relay/server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "actors/relay/wire.hpp"
#include "adapters/crypto/crypto.hpp"
#include "adapters/io/pool.hpp"
#include "tests/catch.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/actors/relay/vectors.hpp"
#include "tests/unit/adapters/websocket/client_frames.hpp"

namespace rookery::adapters::relay {
namespace {

using namespace std::chrono_literals;
using namespace rookery::relay;
using asio::ip::tcp;
using rookery::test::eventually;
using test::client_frame;
using test::numbered;
using test::unhex;
using test::vectors;

constexpr auto patience = 10s;  // how long a test waits for what has to come

const std::string url = "rels://relay.example.com:443";
const std::string token = unhex(vectors()["relay_token_v2"]["token_binary_hex"]);

// Records what a link says; routes it at once, the newest wins.
class Opener : public LinkOpener, public std::enable_shared_from_this<Opener> {
public:
    struct Events : LinkEvents {
        Opener* opener;
        PeerId id;
        std::shared_ptr<FrameTarget> target;

        bool subscribe(std::vector<PeerId> ids) override {
            std::lock_guard lock(opener->mutex);
            opener->subscribed.insert(opener->subscribed.end(), ids.begin(), ids.end());
            return opener->subscribed.size() <= opener->limit;
        }
        bool unsubscribe(std::vector<PeerId> ids) override {
            std::lock_guard lock(opener->mutex);
            opener->unsubscribed.insert(opener->unsubscribed.end(), ids.begin(), ids.end());
            return true;
        }
        void closed(CloseReason reason) override {
            opener->routes->remove(id.view(), target.get());
            target.reset();
            std::lock_guard lock(opener->mutex);
            opener->closed.push_back(reason);
        }
    };

    std::shared_ptr<LinkEvents> open(LinkInfo info, std::shared_ptr<FrameTarget> target) override {
        auto events = std::make_shared<Events>();
        events->opener = this;
        events->id = info.id;
        events->target = target;
        if (auto old = routes->put(std::string(info.id.view()), target)) old->close(CloseReason::displaced);
        std::lock_guard lock(mutex);
        opened.push_back(info);
        return events;
    }

    std::optional<CloseReason> wait_closed(std::size_t n = 1) {
        if (!eventually([&] {
                std::lock_guard lock(mutex);
                return closed.size() >= n;
            }))
            return std::nullopt;
        std::lock_guard lock(mutex);
        return closed[n - 1];
    }

    std::shared_ptr<Routes> routes = std::make_shared<Routes>();
    std::size_t limit = 1'000'000;
    std::mutex mutex;
    std::vector<LinkInfo> opened;
    std::vector<PeerId> subscribed, unsubscribed;
    std::vector<CloseReason> closed;
};

class Client {
public:
    explicit Client(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(port);
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) throw std::runtime_error("connect");
    }
    Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~Client() {
        if (fd_ >= 0) ::close(fd_);
    }

    void send_raw(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return;  // closed by the server: what is read shows it
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    void send(std::string_view message) const { send_raw(client_frame(message)); }

    // Exactly `size` bytes, or what came before the end or the end of patience.
    std::string read(std::size_t size) const {
        std::string out;
        while (out.size() < size) {
            pollfd p{fd_, POLLIN, 0};
            if (::poll(&p, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) <= 0) break;
            char buffer[16384];
            const auto n = ::recv(fd_, buffer, std::min(size - out.size(), sizeof buffer), 0);
            if (n <= 0) break;
            out.append(buffer, static_cast<std::size_t>(n));
        }
        return out;
    }
    std::string read_head() const {
        std::string out;
        while (!out.ends_with("\r\n\r\n")) {
            const auto c = read(1);
            if (c.empty()) break;
            out += c;
        }
        return out;
    }
    // One server frame: {first byte, payload}; first byte 0: the connection ended.
    std::pair<int, std::string> read_frame() const {
        const auto head = read(2);
        if (head.size() < 2) return {0, ""};
        std::size_t size = static_cast<std::uint8_t>(head[1]);
        if (size == 126) {
            const auto extended = read(2);
            size = static_cast<std::size_t>(static_cast<std::uint8_t>(extended[0])) << 8 |
                   static_cast<std::uint8_t>(extended[1]);
        }
        return {static_cast<std::uint8_t>(head[0]), read(size)};
    }
    std::string read_message() const {
        const auto [first, payload] = read_frame();
        return first == 0x82 ? payload : "(frame " + std::to_string(first) + ")";
    }
    // Nothing more comes because the server ended the connection, not because patience ran out.
    bool ended() const { return read(1).empty() && !silent_for(0ms); }
    bool silent_for(std::chrono::milliseconds time) const {
        pollfd p{fd_, POLLIN, 0};
        return ::poll(&p, 1, static_cast<int>(time.count())) == 0;
    }
    void half_close() const { ::shutdown(fd_, SHUT_WR); }

private:
    int fd_;
};

struct Node {
    std::shared_ptr<crypto::SodiumCrypto> crypto = std::make_shared<crypto::SodiumCrypto>();
    std::shared_ptr<Opener> opener = std::make_shared<Opener>();
    std::shared_ptr<RelayCounters> counters = std::make_shared<RelayCounters>();
    io::Pool pool{2};
    tcp::acceptor acceptor{pool.main(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::uint16_t port = acceptor.local_endpoint().port();
    Server server;

    explicit Node(LinkSettings settings = {}, io::Networks proxies = {})
        : server({with_url(std::move(settings)), std::move(proxies)},
                 std::make_shared<Tokens>(*crypto, vectors()["relay_token_v2"]["secret"].get<std::string>()),
                 opener->routes, opener, counters) {}
    ~Node() {
        // Links leave before the contexts they live on.
        std::vector<std::shared_ptr<FrameTarget>> open;
        opener->routes->for_each([&](const auto&, const auto& link) { open.push_back(link); });
        for (const auto& link : open) link->close(CloseReason::shutdown);
        open.clear();
        eventually([&] { return counters->connections == 0; });
        pool.stop();
    }

    static LinkSettings with_url(LinkSettings s) {
        s.instance_url = url;
        return s;
    }
    static http::Request request() {
        http::Request r;
        r.method = "GET";
        r.path = "/relay";
        r.remote = "192.0.2.7:4711";
        r.headers = {{"connection", "Upgrade"},
                     {"upgrade", "websocket"},
                     {"sec-websocket-version", "13"},
                     {"sec-websocket-key", "AAECAwQFBgcICQoLDA0ODw=="}};
        return r;
    }

    // A connection as the HTTP server hands it over.
    Client connect(http::Request request = Node::request(), std::string leftover = {}, int receive_buffer = 0) {
        Client client(port, receive_buffer);
        tcp::socket socket(pool.next());
        acceptor.accept(socket);
        server.accept(
            {io::Stream(std::move(socket)), std::move(leftover), std::make_shared<http::Request>(std::move(request))});
        return client;
    }
    Client websocket(std::string leftover = {}, int receive_buffer = 0) {
        auto client = connect(request(), std::move(leftover), receive_buffer);
        REQUIRE(client.read_head().starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
        return client;
    }
    Client agent(const PeerId& id, int receive_buffer = 0) {
        auto client = websocket({}, receive_buffer);
        client.send(wire::auth(id, token));
        REQUIRE(client.read_message() == wire::auth_response(url));
        REQUIRE(eventually([&] { return opener->routes->find(id.view()) != nullptr; }));
        return client;
    }
};

const PeerId A = test::peer("A");
const PeerId B = test::peer("B");

TEST_CASE("handshake, authentication and forwarding") {
    Node node;
    const auto a = node.agent(A);
    const auto b = node.agent(B);
    const auto& m = vectors()["messages"];
    a.send(unhex(m["transport_client_to_server"]["hex"]));
    CHECK(b.read_message() == unhex(m["transport_server_to_client"]["hex"]));
    a.send(unhex(m["transport_empty_payload"]["hex"]));
    CHECK(b.read_message() == wire::transport(A, ""));
    b.send(wire::transport(B, "to myself"));
    CHECK(b.read_message() == wire::transport(B, "to myself"));
    const std::string largest(8782, 'x');
    b.send(wire::transport(A, largest));
    CHECK(a.read_message() == wire::transport(B, largest));
    CHECK_EVENTUALLY(node.counters->forwarded_frames == 4);
    CHECK_EVENTUALLY(node.counters->received_bytes == node.counters->sent_bytes);
    CHECK(node.opener->opened[0].remote == "192.0.2.7:4711");
    CHECK(node.server.activity().active == 2);
}

TEST_CASE("Auth and what follows it may come with the request") {
    Node node;
    const auto b = node.agent(B);
    const auto a = node.websocket(client_frame(wire::auth(A, token)) + client_frame(wire::transport(B, "1")) +
                                  client_frame(wire::transport(B, "2")));
    CHECK(a.read_message() == wire::auth_response(url));
    CHECK(b.read_message() == wire::transport(A, "1"));
    CHECK(b.read_message() == wire::transport(A, "2"));
}

TEST_CASE("a wrong request on a connection that was handed over") {
    Node node;
    auto request = Node::request();
    request.headers[2].second = "8";
    const auto client = node.connect(request);
    const auto head = client.read_head();
    CHECK(head.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(head.find("\r\nSec-WebSocket-Version: 13\r\n") != std::string::npos);
    CHECK(client.read(38) == "unsupported WebSocket protocol version");
    client.read(1000);
    CHECK(client.ended());
    CHECK_EVENTUALLY(node.counters->refused_upgrades == 1);

    http::Request plain;
    plain.method = "GET";
    const auto probe = node.connect(plain);
    CHECK(probe.read_head().starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
}

TEST_CASE("a trusted proxy's unusable address closes with 1011") {
    Node node({}, io::Networks::parse({"192.0.2.0/24"}).value());
    auto request = Node::request();
    request.headers.emplace_back("x-real-ip", "unknown");
    request.headers.emplace_back("x-real-port", "1");
    const auto client = node.connect(request);
    CHECK(client.read_head().starts_with("HTTP/1.1 101 "));
    CHECK(client.read_frame() == std::pair<int, std::string>{0x88,
                                                             "\x03\xf3"
                                                             "internal error"});
    client.half_close();
    CHECK(client.ended());
}

TEST_CASE("bad first messages close the connection without an answer") {
    Node node;
    for (const auto& bad : vectors()["bad_first_messages"]) {
        INFO(bad["name"]);
        const auto client = node.websocket();
        client.send(unhex(bad["hex"]));
        CHECK(client.ended());
    }
    CHECK_EVENTUALLY(node.counters->bad_handshakes == vectors()["bad_first_messages"].size());
    for (const auto& negative : vectors()["relay_token_v2_negative"]) {
        INFO(negative["name"]);
        const auto client = node.websocket();
        client.send(wire::auth(A, unhex(negative["token_hex"])));
        CHECK(client.ended());
    }
    const auto probe = node.websocket();
    probe.send(unhex(vectors()["health_probe"]["auth_hex"]));
    CHECK(probe.ended());
    CHECK_EVENTUALLY(node.counters->rejected_tokens == vectors()["relay_token_v2_negative"].size() + 1);
    const auto large = node.websocket();
    large.send(wire::auth(A, std::string(171, 'x')));
    CHECK(large.ended());
    CHECK_EVENTUALLY(node.counters->oversized == 1);
    CHECK(node.opener->opened.empty());
}

TEST_CASE("bad messages after authentication") {
    Node node;
    for (const auto& bad : vectors()["authenticated_bad_messages"]) {
        INFO(bad["name"]);
        const auto a = node.agent(A);
        a.send(unhex(bad["hex"]));
        if (bad["expected"] == "connection closed") {
            CHECK(a.ended());
        } else {
            a.send(wire::transport(A, "still here"));
            CHECK(a.read_message() == wire::transport(A, "still here"));
        }
    }
}

TEST_CASE("frames that break the protocol close the connection") {
    Node node;
    const std::vector<std::string> bad{client_frame("text", 1),
                                       client_frame(""),
                                       client_frame("x", 0),
                                       std::string("\x82\x02\x01\x05", 4),  // without mask
                                       client_frame(std::string(8821, 'x')),
                                       std::string(1, '\x02')};  // oversized; a first fragment
    for (const auto& bytes : bad) {
        const auto a = node.agent(A);
        a.send_raw(bytes);
        CHECK(a.ended());
    }
    CHECK_EVENTUALLY(node.counters->violations == bad.size());
    CHECK_EVENTUALLY(node.counters->oversized == 1);
}

TEST_CASE("ping, pong and close frames") {
    Node node;
    const auto a = node.agent(A);
    a.send_raw(client_frame("hello", 9));
    CHECK(a.read_frame() == std::pair<int, std::string>{0x8a, "hello"});
    a.send_raw(client_frame("unasked", 10));
    a.send_raw(
        client_frame("\x03\xe8"
                     "bye",
                     8));
    CHECK(a.read_frame() == std::pair<int, std::string>{0x88, "\x03\xe8"});
    a.half_close();
    CHECK(a.ended());
    CHECK(node.opener->wait_closed() == CloseReason::peer_closed);
}

TEST_CASE("requests and answers of an agent reach its events") {
    Node node;
    const auto a = node.agent(A);
    const auto link = node.opener->routes->find(A.view());
    a.send(wire::id_list(wire::Type::subscribe, std::vector{A, B})[0]);
    a.send(wire::id_list(wire::Type::unsubscribe, std::vector{B})[0]);
    a.send(wire::health_check());
    CHECK_EVENTUALLY(link->health_answers() == 1);
    {
        std::lock_guard lock(node.opener->mutex);
        CHECK(node.opener->subscribed == std::vector{A, B});
        CHECK(node.opener->unsubscribed == std::vector{B});
    }
    const std::vector<std::string> messages{wire::health_check(), wire::auth_response(std::string(8000, 'u'))};
    link->send(messages);
    CHECK(a.read_message() == messages[0]);
    CHECK(a.read_message() == messages[1]);
    a.send(wire::close());
    CHECK(a.ended());
    CHECK(node.opener->wait_closed() == CloseReason::peer_closed);
}

TEST_CASE("requests that pile up end the link") {
    Node node;
    node.opener->limit = 10;
    const auto a = node.agent(A);
    a.send(wire::id_list(wire::Type::subscribe, std::vector<PeerId>(11, B))[0]);
    CHECK(a.ended());
    CHECK(node.opener->wait_closed() == CloseReason::control_flood);
    CHECK_EVENTUALLY(node.counters->control_floods == 1);
}

TEST_CASE("a newer session of the same peer closes the older one") {
    Node node;
    const auto old = node.agent(A);
    const auto young = node.agent(A);
    CHECK(old.ended());
    CHECK(node.opener->wait_closed() == CloseReason::displaced);
    young.send(wire::transport(A, "it's me"));
    CHECK(young.read_message() == wire::transport(A, "it's me"));
}

TEST_CASE("a peer is routed to only after its AuthResponse") {
    Node node;
    const auto a = node.agent(A);
    std::atomic<bool> stop{false};
    std::thread flood([&] {
        while (!stop) a.send(wire::transport(B, "early"));
    });
    // The flood is on its way before there is a B.
    while (node.counters->dropped_unroutable == 0) std::this_thread::yield();
    for (int i = 0; i < 50; ++i) {
        const auto b = node.websocket();
        b.send(wire::auth(B, token));
        CHECK(b.read_message() == wire::auth_response(url));
        CHECK(b.read_message() == wire::transport(A, "early"));
        b.send(wire::close());
        CHECK(node.opener->wait_closed(static_cast<std::size_t>(i) + 1) == CloseReason::peer_closed);
    }
    stop = true;
    flood.join();
}

TEST_CASE("who does not authenticate in time is closed") {
    LinkSettings settings;
    settings.handshake_deadline = 50ms;
    Node node(settings);
    const auto silent = node.websocket();
    const auto slow = node.websocket();
    slow.send_raw("\x82");
    CHECK(silent.ended());
    CHECK(slow.ended());
    CHECK_EVENTUALLY(node.counters->bad_handshakes == 2);
}

TEST_CASE("frames to a slow agent are dropped, newest first; the sender is read on and the agent lives") {
    LinkSettings settings;
    settings.transport_queue = 64 * 1024;
    Node node(settings);
    const auto b = node.agent(B, 4096);
    const auto a = node.agent(A);
    const auto link = node.opener->routes->find(B.view());
    const auto numbered_payload = [](std::uint32_t n) {
        std::string payload(1400, 'x');
        std::memcpy(payload.data(), &n, sizeof n);
        return payload;
    };
    std::uint32_t sent = 0;
    while (node.counters->dropped_overflow < 100) a.send(wire::transport(B, numbered_payload(sent++)));
    // The sender is served although its traffic is stuck, and control messages are not dropped.
    a.send(wire::transport(A, "me"));
    CHECK(a.read_message() == wire::transport(A, "me"));
    link->send(std::vector{wire::health_check()});

    // What was taken arrives in order, then the control message.
    std::uint32_t n = 0;
    std::uint32_t last = 0;
    bool health = false;
    while (!health) {
        const auto message = b.read_message();
        REQUIRE(message.size() >= 2);
        if (message == wire::health_check()) {
            health = true;
            continue;
        }
        REQUIRE(message.size() == 1438);
        std::uint32_t number;
        std::memcpy(&number, message.data() + 38, sizeof number);
        REQUIRE((n == 0 || number > last));
        last = number;
        ++n;
    }
    CHECK(n < sent);
    CHECK_EVENTUALLY(node.counters->stuck == 0);
    // The queue is free again.
    a.send(wire::transport(B, "after"));
    CHECK(b.read_message() == wire::transport(A, "after"));
}

TEST_CASE("an agent that does not read at all is disconnected") {
    LinkSettings settings;
    settings.stuck_limit = 200ms;
    Node node(settings);
    const auto b = node.agent(B, 4096);
    const auto a = node.agent(A);
    const std::string payload(8000, 'x');
    const auto begin = std::chrono::steady_clock::now();
    while (node.counters->stuck == 0 && std::chrono::steady_clock::now() - begin < patience)
        a.send(wire::transport(B, payload));
    CHECK(node.opener->wait_closed() == CloseReason::stuck);
    CHECK_EVENTUALLY(node.counters->stuck == 1);
    a.send(wire::transport(A, "me"));
    CHECK(a.read_message() == wire::transport(A, "me"));
}

TEST_CASE("control messages have a bound of their own") {
    LinkSettings settings;
    settings.transport_queue = 10'000;
    settings.control_queue = 10'000;
    Node node(settings);
    const auto b = node.agent(B, 4096);
    const auto link = node.opener->routes->find(B.view());
    const std::vector<std::string> message{wire::auth_response(std::string(8000, 'u'))};
    for (int i = 0; i < 100'000 && node.counters->stuck == 0; ++i) link->send(message);
    CHECK(node.opener->wait_closed() == CloseReason::stuck);
}

TEST_CASE("order per pair holds under load from several threads") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed " << seed);
    LinkSettings settings;
    settings.transport_queue = 64 * 1024 * 1024;  // nothing is dropped
    Node node(settings);
    constexpr int agents = 6;
    constexpr std::uint32_t frames = 2000;
    std::vector<Client> clients;
    for (int i = 0; i < agents; ++i) clients.push_back(node.agent(numbered(static_cast<std::uint32_t>(i))));
    std::vector<std::thread> threads;
    std::atomic<int> bad{0};
    for (int i = 0; i < agents; ++i) {
        threads.emplace_back([&, i] {
            std::mt19937 random(seed + static_cast<std::uint32_t>(i));
            std::string burst;
            for (std::uint32_t n = 0; n < frames; ++n) {
                for (int to = 0; to < agents; ++to) {
                    std::string payload(4 + random() % 300, 'x');
                    std::memcpy(payload.data(), &n, sizeof n);
                    burst += client_frame(wire::transport(numbered(static_cast<std::uint32_t>(to)), payload));
                }
                if (random() % 20 == 0 || n + 1 == frames) clients[i].send_raw(std::exchange(burst, {}));
            }
        });
        threads.emplace_back([&, i] {
            std::vector<std::uint32_t> next(agents);
            for (std::uint32_t k = 0; k < frames * agents; ++k) {
                const auto message = clients[i].read_message();
                if (message.size() < 42) {
                    ++bad;
                    return;
                }
                std::uint32_t from, number;
                std::memcpy(&from, message.data() + 2 + 4, sizeof from);
                std::memcpy(&number, message.data() + 38, sizeof number);
                if (from >= agents || number != next[from]++) ++bad;
            }
        });
    }
    for (auto& t : threads) t.join();
    CHECK(bad == 0);
    CHECK_EVENTUALLY(node.counters->dropped_overflow == 0);
    CHECK_EVENTUALLY(node.counters->forwarded_frames == std::uint64_t{frames} * agents * agents);
}

TEST_CASE("links that come and go under traffic") {
    Node node;
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    const auto sender = node.agent(A);
    threads.emplace_back([&] {
        while (!stop) sender.send(wire::transport(B, std::string(500, 'x')));
    });
    for (int i = 0; i < 100; ++i) {
        const auto b = node.agent(B);
        if (i % 3 == 0) b.send(wire::close());
        if (i % 3 == 1) b.read_message();
    }
    stop = true;
    threads[0].join();
    sender.send(wire::transport(A, "me"));
    CHECK(sender.read_message() == wire::transport(A, "me"));
}

TEST_CASE("a node that leaves refuses new agents and says Close to each it has, one by one") {
    Node node;
    std::vector<Client> clients;
    for (std::uint32_t i = 0; i < 20; ++i) clients.push_back(node.agent(numbered(i)));
    const auto unauthenticated = node.websocket();
    CHECK(node.server.links() == 21);
    node.server.refuse_new();
    const auto late = node.connect();
    CHECK(late.read_head().starts_with("HTTP/1.1 503 "));

    const auto farewells = node.server.farewells();
    REQUIRE(farewells.size() == 21);
    farewells.front()();
    CHECK_EVENTUALLY(node.server.links() >= 20);  // nobody but one hears of it
    for (const auto& farewell : farewells) farewell();
    for (const auto& client : clients) {
        CHECK(client.read_message() == wire::close());
        client.half_close();
        CHECK(client.ended());
    }
    CHECK(unauthenticated.ended());
    CHECK(node.opener->wait_closed(20) == CloseReason::shutdown);
    CHECK_EVENTUALLY(node.server.links() == 0);
    for (const auto& farewell : farewells) farewell();  // of links that are gone: nothing
}

TEST_CASE("an agent that ignores Close is cut off") {
    LinkSettings settings;
    settings.goodbye_limit = 100ms;
    Node node(settings);
    const auto a = node.agent(A);
    for (const auto& farewell : node.server.farewells()) farewell();
    CHECK(a.read_message() == wire::close());
    CHECK_EVENTUALLY(node.server.links() == 0);
    CHECK(node.opener->wait_closed() == CloseReason::shutdown);
}

}  // namespace
}  // namespace rookery::adapters::relay
