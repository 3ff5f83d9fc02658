// The relay's data path on several I/O threads: real sockets, links that come and go while others send to them.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "actors/core/encoding.hpp"
#include "actors/relay/link_inbox.hpp"
#include "actors/relay/wire.hpp"
#include "adapters/crypto/crypto.hpp"
#include "adapters/io/pool.hpp"
#include "adapters/io/stream.hpp"
#include "adapters/relay/server.hpp"
#include "tests/catch.hpp"
#include "tests/eventually.hpp"
#include "tests/tsan/threads.hpp"
#include "tests/unit/adapters/websocket/client_frames.hpp"

using namespace rookery;
using namespace std::chrono_literals;
namespace wire = relay::wire;

namespace {

relay::PeerId peer(int i) {
    relay::PeerId id;
    id.bytes.fill(static_cast<std::uint8_t>('a' + i));
    return id;
}

// What the link actors do for the data path, at once on the I/O thread: the newest link of a peer is the one that is
// found, and a link that ended is not.
struct Opener final : relay::LinkOpener {
    std::shared_ptr<relay::Routes> routes = std::make_shared<relay::Routes>();

    struct Events final : relay::LinkEvents {
        relay::PeerId id;
        std::weak_ptr<relay::FrameTarget> target;
        const relay::FrameTarget* raw = nullptr;
        std::shared_ptr<relay::Routes> routes;
        bool subscribe(std::vector<relay::PeerId> ids) override {
            if (const auto link = target.lock()) link->send(wire::id_list(wire::Type::peers_online, ids));
            return true;
        }
        bool unsubscribe(std::vector<relay::PeerId>) override { return true; }
        void closed(relay::CloseReason) override { routes->remove(id.view(), raw); }
    };

    std::shared_ptr<relay::LinkEvents> open(relay::LinkInfo info, std::shared_ptr<relay::FrameTarget> target) override {
        auto events = std::make_shared<Events>();
        events->id = info.id;
        events->target = target;
        events->raw = target.get();
        events->routes = routes;
        if (const auto before = routes->put(std::string(info.id.view()), std::move(target)))
            before->close(relay::CloseReason::displaced);
        return events;
    }
};

struct Host {
    adapters::crypto::SodiumCrypto crypto;
    adapters::io::Pool pool{3};
    std::shared_ptr<relay::Tokens> tokens = std::make_shared<relay::Tokens>(crypto, "secret");
    std::shared_ptr<Opener> opener = std::make_shared<Opener>();
    std::shared_ptr<relay::RelayCounters> counters = std::make_shared<relay::RelayCounters>();
    // Small, so that slow readers overflow it.
    adapters::relay::Server relay{
        {{.instance_url = "rel://h:1", .goodbye_limit = 500ms, .transport_queue = 32 * 1024}, {}},
        tokens,
        opener->routes,
        opener,
        counters};
    adapters::http::Server http{{},
                                [](auto, adapters::http::Respond respond) {
                                    respond({404, {}, {}});
                                },
                                {{"/relay", [this](adapters::http::Upgraded up) { relay.accept(std::move(up)); }}}};
    boost::asio::ip::tcp::acceptor acceptor{pool.main(), {boost::asio::ip::address_v4::loopback(), 0}};

    Host() { accept(); }
    ~Host() { pool.stop(); }
    void accept() {
        acceptor.async_accept(pool.next(), [this](boost::system::error_code ec, boost::asio::ip::tcp::socket socket) {
            if (ec) return;
            http.serve(adapters::io::Stream(std::move(socket)));
            accept();
        });
    }
    std::string auth(int i) const {
        const auto fields = tokens->mint(4'000'000'000);
        return "GET /relay HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
               "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
               test::client_frame(
                   wire::auth(peer(i), '\x01' + core::base64_decode(fields.signature).value() + fields.payload));
    }
};

class Client {
public:
    Client(const Host& host, int i) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(host.acceptor.local_endpoint().port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        alive = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        send(host.auth(i));
    }
    ~Client() { ::close(fd_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(std::string_view bytes) {
        while (alive && !bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0)
                alive = false;
            else
                bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    // What is there, or comes within the limit.
    std::size_t read(std::chrono::milliseconds limit) {
        char chunk[32 * 1024];
        pollfd waiting{fd_, POLLIN, 0};
        if (!alive || ::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) return 0;
        const auto n = ::recv(fd_, chunk, sizeof chunk, 0);
        if (n <= 0) alive = false;
        return n <= 0 ? 0 : static_cast<std::size_t>(n);
    }

    bool alive = false;

private:
    int fd_;
};

}  // namespace

TEST_CASE("frames flow between links that come, go and do not read") {
    Host host;
    constexpr int agents = 4;
    std::atomic<int> at_work{agents};
    std::atomic<std::uint64_t> received{0};
    const auto burst = [] {
        std::string bytes;
        for (int to = 0; to < agents; ++to)
            for (int i = 0; i < 4; ++i) bytes += test::client_frame(wire::transport(peer(to), std::string(900, 'x')));
        bytes += test::client_frame(wire::id_list(wire::Type::subscribe, std::array{peer(0), peer(1)}).front());
        bytes += test::client_frame(wire::health_check());
        return bytes + test::client_frame("ping", 9);
    }();
    // Each connects again and again (a new link displaces its peer's old one, which may still be there), sends to all,
    // and reads, or for a while does not.
    const auto agent = [&](int i) {
        return [&, i] {
            std::unique_ptr<Client> before;
            for (int life = 0; life < 12; ++life) {
                auto client = std::make_unique<Client>(host, i);
                for (int round = 0; round < 15; ++round) {
                    client->send(burst);
                    if (life % 3 != 2) received += client->read(round == 0 ? 100ms : 0ms);
                }
                before = std::move(client);
            }
            --at_work;
        };
    };
    const auto watcher = [&] {
        while (at_work > 0) {
            host.relay.activity();
            host.opener->routes->for_each([](const auto&, const auto& link) { link->health_answers(); });
            std::this_thread::yield();
        }
    };
    tsan::together({agent(0), agent(1), agent(2), agent(3), watcher});
    CHECK(received > 0);
    CHECK(host.counters->forwarded_frames > 0);

    Client last(host, 0);
    CHECK_EVENTUALLY(host.relay.activity().active + host.relay.activity().idle >= 1);
    host.relay.refuse_new();
    for (const auto& farewell : host.relay.farewells()) farewell();
    while (last.alive) last.read(1'000ms);
    CHECK_EVENTUALLY(host.relay.links() == 0);
    CHECK_EVENTUALLY(host.counters->connections == 0);
    CHECK(host.opener->routes->size() == 0);
}
