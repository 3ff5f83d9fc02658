// A whole connection to the relay, from the upgrade request to its end. The first byte tells how much of the way the
// target goes itself: 0 nothing, 1 a good request, 2 a good Auth too; and with 4 the rest is cut into messages, which
// it frames.
#include "adapters/relay/server.hpp"

#include <cstring>

#include "actors/core/encoding.hpp"
#include "actors/relay/wire.hpp"
#include "adapters/crypto/crypto.hpp"
#include "tests/fuzz/connection.hpp"
#include "tests/unit/adapters/websocket/client_frames.hpp"

using namespace rookery;
namespace wire = relay::wire;

namespace {

const auto sender = relay::PeerId::read(reinterpret_cast<const std::uint8_t*>("sha-ssssssssssssssssssssssssssssssss"));
const auto receiver =
    relay::PeerId::read(reinterpret_cast<const std::uint8_t*>("sha-rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"));

relay::PeerId authenticated;  // by the link that was opened last

// The link of another agent.
struct Receiver final : relay::FrameTarget {
    void deliver(std::span<const relay::Frame> frames) override {
        for (const auto& frame : frames) {
            fuzz::expect(frame.size >= frame.header + wire::transport_header, "a frame has a source");
            const auto size = frame.size - frame.header;
            fuzz::expect(size <= wire::max_message, "a frame is within the limit");
            fuzz::expect(frame.header == (size < 126 ? 2u : 4u) && frame.data[0] == 0x82,
                         "a frame has a server's header");
            const auto* message = frame.data + frame.header;
            fuzz::expect(message[1] == static_cast<std::uint8_t>(wire::Type::transport), "only Transport is forwarded");
            fuzz::expect(relay::PeerId::read(message + wire::header_size) == authenticated,
                         "nobody speaks for another agent");
        }
    }
    void send(std::span<const std::string>) override { fuzz::expect(false, "a link sends only to its own agent"); }
    void close(relay::CloseReason) override { fuzz::expect(false, "a link closes no other link"); }
    std::uint32_t health_answers() const override { return 0; }
};

struct Events final : relay::LinkEvents {
    bool over = false;
    bool subscribe(std::vector<relay::PeerId> ids) override { return take(ids); }
    bool unsubscribe(std::vector<relay::PeerId> ids) override { return take(ids); }
    void closed(relay::CloseReason) override {
        fuzz::expect(!over, "a link ends once");
        over = true;
    }
    bool take(const std::vector<relay::PeerId>& ids) {
        fuzz::expect(!over, "nothing comes after the end");
        fuzz::expect(ids.size() <= wire::max_ids, "a list is within its limit");  // it may be empty
        return ids.empty() || ids.front().bytes[4] != 'F';                        // a flood
    }
};

struct Opener final : relay::LinkOpener {
    std::shared_ptr<Events> last;
    std::shared_ptr<relay::LinkEvents> open(relay::LinkInfo info, std::shared_ptr<relay::FrameTarget>) override {
        authenticated = info.id;
        return last = std::make_shared<Events>();
    }
};

struct Host {
    adapters::crypto::SodiumCrypto crypto;
    std::shared_ptr<relay::Tokens> tokens = std::make_shared<relay::Tokens>(crypto, "secret");
    std::shared_ptr<relay::Routes> routes = std::make_shared<relay::Routes>();
    std::shared_ptr<Opener> opener = std::make_shared<Opener>();
    std::shared_ptr<relay::RelayCounters> counters = std::make_shared<relay::RelayCounters>();
    boost::asio::io_context context{1};
    adapters::relay::Server relay{
        {{.instance_url = "rel://example.com:80"}, adapters::io::Networks::parse({"0.0.0.0/0", "::/0"}).value()},
        tokens,
        routes,
        opener,
        counters};
    adapters::http::Server http{{},
                                [](auto, adapters::http::Respond respond) {
                                    respond({404, {}, {}});
                                },
                                {{"/relay", [this](adapters::http::Upgraded up) { relay.accept(std::move(up)); }}}};
    std::string auth;

    Host() {
        routes->put(std::string(receiver.view()), std::make_shared<Receiver>());
        const auto fields = tokens->mint(4'000'000'000);
        auth = test::client_frame(
            wire::auth(sender, '\x01' + core::base64_decode(fields.signature).value() + fields.payload));
    }
    bool gone() const { return http.counters().open == 0 && counters->connections == 0; }
};

constexpr std::string_view request =
    "GET /relay HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static auto& host = *new Host;
    fuzz::Input input(data, size);
    const auto choice = input.byte();
    const auto stage = choice % 4;
    std::string bytes;
    if (stage >= 1) bytes += request;
    if (stage >= 2) bytes += host.auth;
    if (choice & 4)
        while (!input.empty()) bytes += test::client_frame(input.chunk());
    else
        bytes += input.rest();

    fuzz::Connection connection(host.context);
    host.http.serve(connection.server());
    connection.send(bytes);
    connection.end([] { return host.gone(); });

    const auto& answer = connection.received();
    fuzz::expect(answer.empty() || answer.starts_with("HTTP/1.1 "), "the answer to a request is HTTP");
    if (stage >= 1) fuzz::expect(answer.starts_with("HTTP/1.1 101 "), "a good request is upgraded");
    if (const auto events = std::exchange(host.opener->last, nullptr))
        fuzz::expect(events->over, "an opened link is told its end");
    else
        fuzz::expect(stage < 2, "a good Auth opens a link");
    return 0;
}
