// One agent's WebSocket connection, from the 101 to its end (spec signal-relay-stun §2.4, §2.8-§2.11).
//
// Reading, timers and the end of the link happen on the io_context of its stream. Writing happens on whichever
// thread has something for the agent: straight into the socket under the link's lock while nothing is queued,
// into the queue otherwise. The descriptor is closed under the same lock, and an encrypted stream is read under it. No
// thread ever holds two links' locks. Reading never stops because another agent is slow.
//
// Queue bounds (bytes): Transport frames are taken up to `transport_queue` and then dropped, newest first
// (RelayCounters::dropped_overflow); control messages have `control_queue` on top of that, beyond which the link
// is closed as stuck. A queue out of which less than a message leaves in `stuck_limit` closes the link too
// (RelayCounters::stuck).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/steady_timer.hpp>

#include "actors/core/seldom.hpp"
#include "actors/relay/counters.hpp"
#include "actors/relay/ports.hpp"
#include "actors/relay/token.hpp"
#include "adapters/io/stream.hpp"
#include "adapters/relay/out_queue.hpp"
#include "adapters/relay/outbox.hpp"
#include "adapters/websocket/frame.hpp"

namespace rookery::adapters::relay {

namespace asio = boost::asio;

struct LinkSettings {
    std::string instance_url;                              // announced byte for byte in AuthResponse
    std::chrono::milliseconds handshake_deadline{10'000};  // from the hand-over to AuthResponse written
    std::chrono::milliseconds stuck_limit{10'000};
    std::chrono::milliseconds goodbye_limit{3'000};  // for the last bytes and the agent's end of the connection
    std::size_t transport_queue = 512 * 1024;
    std::size_t control_queue = 256 * 1024;
};

class Link;

// What the links of a node share. Outlives them: every link holds it.
struct LinkHost {
    LinkSettings settings;
    std::shared_ptr<const rookery::relay::Tokens> tokens;
    std::shared_ptr<const rookery::relay::Routes> routes;
    std::shared_ptr<rookery::relay::LinkOpener> opener;
    std::shared_ptr<rookery::relay::RelayCounters> counters;
    core::Seldom rejected_token, repeated_auth, no_client_address;  // lines of the log

    virtual ~LinkHost() = default;
    virtual void link_ended(const Link& link) = 0;  // thread-safe, once per started link
};

class Link final : public rookery::relay::FrameTarget, public std::enable_shared_from_this<Link> {
public:
    // `remote`: the address for logs.
    Link(std::shared_ptr<LinkHost> host, io::Stream stream, std::string remote);
    ~Link() override;

    // The following are called on the stream's context, one of them, once.
    // Answers with `upgraded` (the 101) and waits for the agent's Auth; `leftover` was already read.
    void start(std::string_view upgraded, std::string leftover);
    // Sends `last_words` and ends.
    void start_refused(std::string_view last_words);

    // The following are thread-safe.
    // Sends the relay's Close message and ends once it is written, or after `goodbye_limit`.
    void goodbye();
    bool authenticated() const { return authenticated_.load(std::memory_order_relaxed); }
    // Whether the agent sent a Transport message since then.
    bool active_since(core::SteadyTime since) const;

    void deliver(std::span<const rookery::relay::Frame> frames) override;
    void send(std::span<const std::string> messages) override;
    void close(rookery::relay::CloseReason reason) override;
    std::uint32_t health_answers() const override { return health_answers_.load(std::memory_order_relaxed); }

private:
    enum class Stage : std::uint8_t {
        waiting,    // for the Auth message
        answering,  // AuthResponse is on its way; nothing is read
        open,
        finishing,  // last bytes are on their way; what comes is thrown away
        ended,
    };

    // On the link's context.
    void begin(std::string_view first_bytes, Stage stage, std::chrono::milliseconds limit);
    void read_later();
    void on_readable();
    io::Moved read_some(std::span<std::uint8_t> into);
    bool take(std::span<std::uint8_t> bytes);
    std::size_t decode(std::span<std::uint8_t> bytes, Outbox& outbox);
    void on_first_message(std::span<const std::uint8_t> message);
    void tell_rejected(const rookery::relay::PeerId& id, std::string_view reason);
    void on_message(std::span<std::uint8_t> message, Outbox& outbox, std::uint64_t& received);
    void on_close_frame(std::span<const std::uint8_t> payload);
    void on_bad_frame(const websocket::DecodedFrame& frame);
    void opened();
    void finish(rookery::relay::CloseReason reason, std::string_view last_words);
    void half_close();
    void stop(rookery::relay::CloseReason reason);
    void wait_writable();
    void on_writable();
    void check_deadlines();
    void check_later(core::SteadyTime at);
    void end();

    // With mutex_ held.
    bool write_locked(std::string_view bytes);
    bool pass_on_locked();
    void wait_for_room_locked();
    void close_locked(rookery::relay::CloseReason reason);

    bool flushed();
    rookery::relay::RelayCounters& counters() const { return *host_->counters; }

    const std::shared_ptr<LinkHost> host_;
    const std::string remote_;

    // On the link's context only.
    Stage stage_ = Stage::waiting;
    bool reading_ = false;                       // a wait for readability is outstanding
    std::string tail_;                           // bytes of a frame that is not complete
    std::unique_ptr<asio::steady_timer> timer_;  // only while something has a deadline
    core::SteadyTime begun_{};
    core::SteadyTime deadline_{};  // of the handshake or of the last words
    rookery::relay::PeerId id_;
    std::shared_ptr<rookery::relay::LinkEvents> events_;

    // Guarded by mutex_.
    std::mutex mutex_;
    io::Stream stream_;              // waits, and reads of a cleartext stream, need no lock
    bool alive_ = true;              // the stream may be used
    bool finishing_ = false;         // nothing more is queued
    bool waiting_for_room_ = false;  // the queue is not empty or the stream holds bytes back
    OutQueue queue_;
    core::SteadyTime blocked_since_{};  // it waits since, or last moved by a message's size
    std::size_t moved_ = 0;
    rookery::relay::CloseReason reason_ = rookery::relay::CloseReason::io_error;

    // Any thread.
    std::atomic<std::uint32_t> health_answers_{0};
    std::atomic<std::int64_t> last_transport_{0};  // steady clock's ticks
    std::atomic<bool> authenticated_{false};
};

}  // namespace rookery::adapters::relay
