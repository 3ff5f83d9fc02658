#include "adapters/wsproxy/tunnel.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <utility>

#include "actors/core/log.hpp"

namespace rookery::adapters::wsproxy {

namespace log = core::log;
using boost::system::error_code;
using websocket::CloseCode;
using websocket::Opcode;

namespace {

constexpr std::size_t read_size = 16 * 1024;
constexpr std::size_t header_room = websocket::max_server_header;
// After a close frame, what the client had still on its way is read and thrown away up to this many bytes.
constexpr std::size_t max_discarded = 1024 * 1024;

}  // namespace

Tunnel::Tunnel(std::shared_ptr<TunnelHost> host, io::Stream client, std::string remote)
    : host_(std::move(host)),
      remote_(std::move(remote)),
      client_(std::move(client)),
      pipe_(client_.executor()),
      client_timer_(client_.executor()),
      pipe_timer_(client_.executor()) {}

// `late` runs unless the timer was disarmed or armed anew, also when that happened after it had expired.
template <class Late>
void Tunnel::arm(asio::steady_timer& timer, std::chrono::milliseconds after, Late late) {
    timer.expires_after(after);
    timer.async_wait([self = shared_from_this(), &timer, late](error_code ec) {
        if (ec || self->stage_ == Stage::ended || timer.expiry() > std::chrono::steady_clock::now()) return;
        late(*self);
    });
}

void Tunnel::start(int pipe, std::string upgraded, std::string leftover) {
    pipe_.assign(asio::local::stream_protocol(), pipe);
    pipe_.non_blocking(true);
    first_ = std::move(upgraded);
    in_ = std::move(leftover);
    write_client();
    read_pipe();
    on_client_bytes();
}

void Tunnel::start_refused(std::string refusal) {
    host_->counters.accept_failed.fetch_add(1, std::memory_order_relaxed);
    stage_ = Stage::closing;
    deaf_ = true;
    first_ = std::move(refusal);
    write_client();
}

void Tunnel::go_away() {
    asio::post(client_.executor(), [self = shared_from_this()] { self->close(CloseCode::going_away, "draining"); });
}

// ---- From the client to gRPC

void Tunnel::read_client() {
    if (reading_ || stage_ == Stage::ended || !to_pipe_.empty()) return;
    reading_ = true;
    client_.async_wait_readable([self = shared_from_this()](error_code ec) {
        self->reading_ = false;
        if (!ec && self->stage_ != Stage::ended) self->on_client_readable();
    });
}

void Tunnel::on_client_readable() {
    const auto kept = in_.size();
    in_.resize(kept + read_size);
    const auto moved = client_.read_some({reinterpret_cast<std::uint8_t*>(in_.data()) + kept, read_size});
    in_.resize(kept + moved.bytes);
    switch (moved.progress) {
        case io::Progress::moved: return on_client_bytes();
        case io::Progress::later: return read_client();
        case io::Progress::ended:
        case io::Progress::broken: return client_gone(host_->counters.read_errors, "the client broke off");
    }
}

void Tunnel::on_client_bytes() {
    if (stage_ == Stage::ended) return;
    const auto used = decode({reinterpret_cast<std::uint8_t*>(in_.data()), in_.size()});
    if (stage_ == Stage::ended) return;
    in_.erase(0, used);
    if (in_.empty()) std::string().swap(in_);
    write_pipe();
    read_client();
}

// Returns the bytes used.
std::size_t Tunnel::decode(std::span<std::uint8_t> bytes) {
    std::size_t used = 0;
    while (stage_ != Stage::ended && !deaf_) {
        const auto frame =
            websocket::decode_frame(bytes.subspan(used), host_->settings.max_message, websocket::Accept::any);
        if (frame.status == websocket::FrameStatus::incomplete) return used;
        if (frame.status == websocket::FrameStatus::complete) {
            used += frame.consumed;
            deaf_ = !on_frame(frame);
        } else {
            broken(frame.status == websocket::FrameStatus::oversized ? CloseCode::too_big : CloseCode::protocol_error,
                   frame.why);
            deaf_ = true;
        }
    }
    discarded_ += bytes.size() - used;
    if (discarded_ > max_discarded) end();
    return bytes.size();
}

// false: nothing behind this frame counts.
bool Tunnel::on_frame(const websocket::DecodedFrame& frame) {
    switch (frame.opcode) {
        case Opcode::ping:
            pong_.emplace(frame.payload.begin(), frame.payload.end());
            write_client();
            return true;
        case Opcode::pong: return true;
        case Opcode::close: on_close(frame.payload); return false;
        case Opcode::continuation:
        case Opcode::text:
        case Opcode::binary: return stage_ == Stage::closing || on_data(frame);
    }
    return true;
}

bool Tunnel::on_data(const websocket::DecodedFrame& frame) {
    const bool continues = frame.opcode == Opcode::continuation;
    if (continues != message_.has_value()) {
        broken(CloseCode::protocol_error, continues ? "continuation of no message" : "message inside a message");
        return false;
    }
    if (!continues) {
        message_ = frame.opcode;
        message_size_ = 0;
    }
    message_size_ += frame.payload.size();
    if (message_size_ > host_->settings.max_message) {
        broken(CloseCode::too_big, "message too large");
        return false;
    }
    if (message_ == Opcode::binary)
        to_pipe_.append(frame.payload.begin(), frame.payload.end());
    else if (frame.last)
        host_->counters.ignored_texts.fetch_add(1, std::memory_order_relaxed);
    if (frame.last) message_.reset();
    return true;
}

// A close frame is answered with its own status code, unless it is itself an answer.
void Tunnel::on_close(std::span<const std::uint8_t> payload) {
    client_closed_ = true;
    if (stage_ == Stage::closing) {
        if (last_sent_ && !writing_) end();
        return;
    }
    websocket::append_frame(close_, Opcode::close,
                            {reinterpret_cast<const char*>(payload.data()), std::min<std::size_t>(payload.size(), 2)});
    leave();
}

void Tunnel::write_pipe() {
    if (writing_pipe_ || to_pipe_.empty() || stage_ != Stage::open) return;
    writing_pipe_ = true;
    arm(pipe_timer_, host_->settings.pipe_deadline, [](Tunnel& self) {
        self.host_->counters.pipe_errors.fetch_add(1, std::memory_order_relaxed);
        log::debug("tunnel of {} closed: gRPC took nothing in time", self.remote_);
        self.close(CloseCode::internal_error, "write timed out");
    });
    asio::async_write(pipe_, asio::buffer(to_pipe_), [self = shared_from_this()](error_code ec, std::size_t size) {
        self->writing_pipe_ = false;
        disarm(self->pipe_timer_);
        self->host_->counters.ws_to_grpc_bytes.fetch_add(size, std::memory_order_relaxed);
        std::string().swap(self->to_pipe_);
        // gRPC's end of the pipe is seen by reading it, and says why in its last bytes.
        if (!ec) self->read_client();
    });
}

// ---- From gRPC to the client

void Tunnel::read_pipe() {
    if (stage_ != Stage::open) return;
    pipe_.async_wait(Pipe::wait_read, [self = shared_from_this()](error_code ec) {
        if (!ec && self->stage_ == Stage::open) self->on_pipe_readable();
    });
}

void Tunnel::on_pipe_readable() {
    data_.resize(header_room + host_->settings.chunk);
    error_code ec;
    const auto size = pipe_.read_some(asio::buffer(data_.data() + header_room, host_->settings.chunk), ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
        std::string().swap(data_);
        return read_pipe();
    }
    if (ec) {
        std::string().swap(data_);
        return close(host_->draining() ? CloseCode::going_away : CloseCode::normal, "");
    }
    const auto header =
        websocket::write_header_before(reinterpret_cast<std::uint8_t*>(data_.data()) + header_room, size);
    data_payload_ = size;
    data_.resize(header_room + size);
    data_.erase(0, header_room - header);
    write_client();
}

// One write at a time. Data before a pong, so that a flood of pings does not hold it up; the close frame last.
void Tunnel::write_client() {
    if (writing_ || last_sent_ || stage_ == Stage::ended) return;
    if (!first_.empty()) {
        writing_bytes_ = std::exchange(first_, {});
        last_sent_ = stage_ == Stage::closing && close_.empty();  // a refusal
    } else if (!data_.empty()) {
        writing_bytes_ = std::exchange(data_, {});
    } else if (pong_) {
        websocket::append_frame(writing_bytes_, Opcode::pong, *std::exchange(pong_, std::nullopt));
    } else if (!close_.empty()) {
        writing_bytes_ = std::exchange(close_, {});
        last_sent_ = true;
    } else {
        return;
    }
    writing_ = true;
    written_ = 0;
    arm(client_timer_, host_->settings.write_deadline,
        [](Tunnel& self) { self.client_gone(self.host_->counters.write_errors, "the client took nothing in time"); });
    send_more();
}

void Tunnel::send_more() {
    auto progress = io::Progress::moved;
    while (progress == io::Progress::moved && written_ < writing_bytes_.size()) {
        const auto moved = client_.write_some(std::string_view(writing_bytes_).substr(written_));
        written_ += moved.bytes;
        progress = moved.progress;
    }
    if (progress == io::Progress::moved) progress = client_.flush();
    if (progress == io::Progress::broken) return client_gone(host_->counters.write_errors, "the client broke off");
    if (progress == io::Progress::moved) {
        writing_ = false;
        disarm(client_timer_);
        return on_client_written();
    }
    client_.async_wait_writable([self = shared_from_this()](error_code ec) {
        if (!ec && self->stage_ != Stage::ended) self->send_more();
    });
}

// Counted unless the tunnel is closing anyway.
void Tunnel::client_gone(std::atomic<std::uint64_t>& counter, std::string_view why) {
    if (stage_ == Stage::open) {
        counter.fetch_add(1, std::memory_order_relaxed);
        log::debug("tunnel of {} ended: {}", remote_, why);
    }
    end();
}

void Tunnel::on_client_written() {
    std::string().swap(writing_bytes_);
    if (last_sent_) {
        if (client_closed_) return end();
        // Closing with bytes unread could take the last ones away from the client: its end is waited for.
        client_.shutdown_send();
        arm(client_timer_, host_->settings.goodbye_limit, [](Tunnel& self) { self.end(); });
        return read_client();
    }
    if (data_payload_ > 0 && data_.empty()) {
        host_->counters.grpc_to_ws_bytes.fetch_add(std::exchange(data_payload_, 0), std::memory_order_relaxed);
        read_pipe();
    }
    write_client();
}

// ---- The end

// The client broke the protocol.
void Tunnel::broken(CloseCode code, std::string_view why) {
    host_->counters.read_errors.fetch_add(1, std::memory_order_relaxed);
    log::debug("tunnel of {} closed: {}", remote_, why);
    close(code, why);
}

void Tunnel::close(CloseCode code, std::string_view reason) {
    if (stage_ != Stage::open) return;
    websocket::append_close(close_, code, reason);
    leave();
}

// The close frame is made: gRPC's side ends now, the client's when it is written.
void Tunnel::leave() {
    stage_ = Stage::closing;
    error_code ignored;
    pipe_.close(ignored);
    disarm(pipe_timer_);
    std::string().swap(to_pipe_);
    write_client();
}

void Tunnel::end() {
    if (std::exchange(stage_, Stage::ended) == Stage::ended) return;
    error_code ignored;
    client_.close();
    pipe_.close(ignored);
    disarm(client_timer_);
    disarm(pipe_timer_);
    host_->tunnel_ended(*this);
}

void Tunnel::disarm(asio::steady_timer& timer) {
    timer.expires_at(asio::steady_timer::time_point::max());
}

}  // namespace rookery::adapters::wsproxy
