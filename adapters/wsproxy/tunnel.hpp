// One browser agent's WebSocket whose binary messages are the bytes of one HTTP/2 connection, in any cut (spec
// signal-relay-stun §1.8, config-ops §5.3). Everything happens on the io_context of the client's stream, one thread.
//
// Bounds: from the client, the bytes of one read and one frame; from gRPC, one chunk. Neither side is read while the
// other has not taken what was read before, so a slow side slows the other one down (HTTP/2's flow control does the
// rest). The client's pings are answered, the latest one if several wait. No pings of our own: gRPC's go through the
// tunnel and find a dead client.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/io/stream.hpp"
#include "adapters/websocket/frame.hpp"
#include "adapters/wsproxy/counters.hpp"

namespace rookery::adapters::wsproxy {

namespace asio = boost::asio;

struct TunnelSettings {
    std::size_t max_message = 32'768;                  // of the client; larger: close code 1009
    std::size_t chunk = 32'768;                        // largest message to the client
    std::chrono::milliseconds pipe_deadline{5'000};    // for gRPC to take what the client sent
    std::chrono::milliseconds write_deadline{10'000};  // for the client to take one message
    std::chrono::milliseconds goodbye_limit{3'000};    // for the client to answer a close frame
};

class Tunnel;

// What the tunnels of a node share. Outlives them: every tunnel holds it.
struct TunnelHost {
    TunnelSettings settings;
    Counters counters;

    virtual ~TunnelHost() = default;
    virtual bool draining() const = 0;
    virtual void tunnel_ended(const Tunnel& tunnel) = 0;  // once per tunnel
};

class Tunnel : public std::enable_shared_from_this<Tunnel> {
public:
    using Pipe = asio::local::stream_protocol::socket;

    Tunnel(std::shared_ptr<TunnelHost> host, io::Stream client, std::string remote);

    // One of the two, once, on the stream's context.
    // Answers with `upgraded` (the 101) and carries bytes; `leftover` was already read from the client.
    void start(int pipe, std::string upgraded, std::string leftover);
    // Sends `refusal` (bytes of an HTTP answer) and ends.
    void start_refused(std::string refusal);

    // Thread-safe: tells the client that this node goes away, and ends.
    void go_away();

private:
    enum class Stage : std::uint8_t {
        open,
        closing,  // the last bytes are on their way to the client; what it still sends is thrown away
        ended,
    };

    void read_client();
    void on_client_readable();
    void on_client_bytes();
    std::size_t decode(std::span<std::uint8_t> bytes);
    bool on_frame(const websocket::DecodedFrame& frame);
    bool on_data(const websocket::DecodedFrame& frame);
    void on_close(std::span<const std::uint8_t> payload);
    void write_pipe();
    void read_pipe();
    void on_pipe_readable();
    void write_client();
    void send_more();
    void client_gone(std::atomic<std::uint64_t>& counter, std::string_view why);
    void on_client_written();
    void broken(websocket::CloseCode code, std::string_view why);
    void close(websocket::CloseCode code, std::string_view reason);
    void leave();
    void end();
    template <class Late>
    void arm(asio::steady_timer& timer, std::chrono::milliseconds after, Late late);
    static void disarm(asio::steady_timer& timer);

    const std::shared_ptr<TunnelHost> host_;
    const std::string remote_;
    io::Stream client_;
    Pipe pipe_;                        // its other end is gRPC's
    asio::steady_timer client_timer_;  // of the write to the client, and of its goodbye
    asio::steady_timer pipe_timer_;    // of the write to gRPC
    Stage stage_ = Stage::open;

    // From the client.
    bool reading_ = false;
    std::string in_;  // not yet decoded
    std::string to_pipe_;
    bool writing_pipe_ = false;
    std::optional<websocket::Opcode> message_;  // the kind of a message whose last fragment is not there yet
    std::size_t message_size_ = 0;
    bool deaf_ = false;          // what the client sends is not decoded any more
    std::size_t discarded_ = 0;  // since then

    // To the client.
    bool writing_ = false;
    std::string writing_bytes_;
    std::size_t written_ = 0;          // of them
    std::string first_;                // the 101, or what the tunnel was refused with
    std::optional<std::string> pong_;  // payload
    std::string data_;                 // one message with its header
    std::size_t data_payload_ = 0;
    std::string close_;           // the close frame; nothing follows it
    bool last_sent_ = false;      // the close frame, or the refusal
    bool client_closed_ = false;  // its close frame came
};

}  // namespace rookery::adapters::wsproxy
