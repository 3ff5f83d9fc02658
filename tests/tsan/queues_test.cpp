// The queues between transports and actors, and the keys that several calls share, under contention.
#include <atomic>
#include <mutex>

#include "actors/relay/link_inbox.hpp"
#include "actors/signal/session.hpp"
#include "adapters/crypto/sodium_envelope.hpp"
#include "tests/catch.hpp"
#include "tests/tsan/threads.hpp"

using namespace rookery;
using namespace std::chrono_literals;

TEST_CASE("a link's inbox loses nothing between its link and its actor") {
    for (int round = 0; round < 20; ++round) {
        relay::LinkInbox inbox(100'000);
        std::atomic<int> wakes{0};
        std::atomic<bool> sent{false};
        constexpr int messages = 500;
        int taken = 0;
        const auto link = [&] {
            for (int i = 0; i < messages; ++i) i % 2 ? inbox.subscribe({relay::PeerId{}}) : inbox.unsubscribe({{}, {}});
            inbox.closed(relay::CloseReason::peer_closed);
            sent = true;
        };
        const auto actor = [&] {
            inbox.attach([&] { ++wakes; });
            for (bool closed = false; !closed;) {
                if (wakes.exchange(0) == 0) continue;
                const auto content = inbox.take();
                taken += static_cast<int>(content.requests.size());
                closed = content.closed.has_value();
            }
            inbox.detach();
        };
        tsan::together({link, actor});
        REQUIRE(taken == messages);
    }
}

TEST_CASE("a signal session is written to by many and ends in between") {
    // A transport with a thread of its own: says later that a write is done.
    struct Stream final : core::rpc::Stream {
        std::atomic<int> outstanding{0}, most{0}, finished{0};
        std::atomic<bool> metadata{false};
        void send_initial_metadata(core::rpc::Metadata) override { metadata = true; }
        void write(core::rpc::Bytes message) override {
            const int now = ++outstanding;
            if (now > most) most = now;
            if (message->empty()) most = 99;
        }
        void finish(core::rpc::Status) override { ++finished; }
        void cancel() override { ++finished; }
    };
    struct Events final : signal::SessionEvents {
        std::atomic<int> closed{0}, writing{0};
        void on_session_closed(signal::Session&) override { ++closed; }
        void on_session_writing(const std::shared_ptr<signal::Session>&) override { ++writing; }
    };
    for (int round = 0; round < 20; ++round) {
        signal::Counters counters;
        const auto stream = std::make_shared<Stream>();
        const auto events = std::make_shared<Events>();
        const auto session = std::make_shared<signal::Session>("A", stream, events, counters);
        std::atomic<int> senders{2};
        const auto sender = [&] {
            const auto message = std::make_shared<const std::string>("hello");
            for (int i = 0; i < 300; ++i) session->post(message);
            --senders;
        };
        const auto transport = [&] {
            session->registered({});
            while (senders > 0)
                if (stream->outstanding > 0) {
                    --stream->outstanding;
                    session->on_write_done(true);
                }
            session->on_closed();
        };
        const auto watch = [&] {
            while (senders > 0) {
                session->check_write(std::chrono::steady_clock::now(), 10s);
                session->number();
            }
            if (round % 2) session->displaced();
        };
        tsan::together({sender, sender, transport, watch});
        REQUIRE(stream->most <= 1);
        REQUIRE(session->closed());
        REQUIRE(events->closed == 1);
    }
}

TEST_CASE("shared keys are kept and dropped by several threads") {
    using adapters::crypto::SodiumEnvelope;
    const auto server = SodiumEnvelope::create(SodiumEnvelope::new_private_key(), 3).value();
    std::vector<std::string> keys;
    for (int i = 0; i < 8; ++i)
        keys.push_back(SodiumEnvelope::create(SodiumEnvelope::new_private_key()).value()->server_public_key());
    std::atomic<int> wrong{0};
    const auto caller = [&](std::size_t from) {
        return [&, from] {
            for (std::size_t i = 0; i < 40; ++i) {
                const auto box = server->box_for(keys[(from + i) % keys.size()]);
                if (!box || box->open(box->seal("x")) != "x") ++wrong;
            }
        };
    };
    tsan::together({caller(0), caller(2), caller(4), caller(6)});
    CHECK(wrong == 0);
}
