#include "adapters/relay/link.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "actors/core/faults.hpp"
#include "actors/core/log.hpp"
#include "actors/relay/wire.hpp"

namespace rookery::adapters::relay {

namespace log = core::log;
namespace wire = rookery::relay::wire;
using io::Progress;
using rookery::relay::CloseReason;
using rookery::relay::Frame;
using rookery::relay::PeerId;
using websocket::append_frame;
using websocket::DecodedFrame;
using websocket::FrameStatus;
using websocket::Opcode;

namespace {

const core::faults::Point handshake_fault{"relay.handshake", core::faults::can_fail};
const core::faults::Point deliver_fault{"relay.deliver", core::faults::can_drop};

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t max_tail = wire::max_message + websocket::max_client_header;
constexpr std::size_t max_vectors = 64;
constexpr int reads_per_wakeup = 4;  // then the other links of the thread get their turn

// What the links of one I/O thread share while one of them reads.
struct ReadSpace {
    std::vector<std::uint8_t> buffer = std::vector<std::uint8_t>(max_tail + read_size);
    Outbox outbox;
};

ReadSpace& read_space() {
    thread_local ReadSpace space;
    return space;
}

core::SteadyTime now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

Link::Link(std::shared_ptr<LinkHost> host, io::Stream stream, std::string remote)
    : host_(std::move(host)), remote_(std::move(remote)), stream_(std::move(stream)) {
    counters().connections.fetch_add(1, std::memory_order_relaxed);
}

Link::~Link() {
    counters().connections.fetch_sub(1, std::memory_order_relaxed);
}

// ---- The link's context: start and handshake

void Link::start(std::string_view upgraded, std::string leftover) {
    begin(upgraded, Stage::waiting, host_->settings.handshake_deadline);
    tail_ = std::move(leftover);
    if (!tail_.empty()) {
        auto bytes = std::exchange(tail_, {});
        if (!take({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()})) return;
    }
    read_later();
}

void Link::start_refused(std::string_view last_words) {
    begin({}, Stage::waiting, host_->settings.handshake_deadline);
    finish(CloseReason::violation, last_words);
    read_later();
}

void Link::begin(std::string_view first_bytes, Stage stage, std::chrono::milliseconds limit) {
    begun_ = now();
    deadline_ = begun_ + limit;
    stage_ = stage;
    check_later(deadline_);
    std::lock_guard lock(mutex_);
    write_locked(first_bytes);
}

void Link::on_first_message(std::span<const std::uint8_t> message) {
    if (handshake_fault.pass() != core::faults::Verdict::go_on) return stop(CloseReason::io_error);
    const auto auth = wire::parse_auth(message);
    if (!auth) {
        counters().bad_handshakes.fetch_add(1, std::memory_order_relaxed);
        log::debug("failed to handshake: {}: {}", remote_, wire::to_string(auth.error()));
        return stop(CloseReason::violation);
    }
    const auto unix_now = std::chrono::duration_cast<std::chrono::seconds>(core::wall_now().time_since_epoch()).count();
    if (const auto reason = host_->tokens->reject(auth->token, unix_now)) {
        counters().rejected_tokens.fetch_add(1, std::memory_order_relaxed);
        tell_rejected(auth->id, *reason);
        return stop(CloseReason::violation);
    }
    id_ = auth->id;
    stage_ = Stage::answering;
    send(std::array{wire::auth_response(host_->settings.instance_url)});
    if (flushed()) opened();
}

// A wrong secret or clock is worth a warning, but anybody can send such tokens.
void Link::tell_rejected(const PeerId& id, std::string_view reason) {
    const log::Fields fields{{"peerID", id.display()}, {"remote", remote_}};
    const auto times = id == rookery::relay::health_probe_id ? std::nullopt : host_->rejected_token.happened(now());
    if (times)
        log::write(log::Level::warn, &fields, {"auth: invalid token: {} ({} since the last such line)"}, reason,
                   *times);
    else
        log::write(log::Level::debug, &fields, {"auth: invalid token: {}"}, reason);
}

// Only now may other links find this one: its AuthResponse is the first message the agent gets.
void Link::opened() {
    stage_ = Stage::open;
    timer_.reset();  // everything is written, and no frame comes before this peer is known
    counters().authentication.record_ms(now() - begun_);
    authenticated_.store(true, std::memory_order_relaxed);
    events_ = host_->opener->open({id_, remote_, now()}, shared_from_this());
}

// ---- The link's context: reading

void Link::read_later() {
    if (reading_ || stage_ == Stage::answering || stage_ == Stage::ended) return;
    reading_ = true;
    stream_.async_wait_readable([self = shared_from_this()](const auto& error) {
        self->reading_ = false;
        if (!error) self->on_readable();
    });
}

void Link::on_readable() {
    auto& buffer = read_space().buffer;
    for (int i = 0; i < reads_per_wakeup && stage_ != Stage::ended && stage_ != Stage::answering; ++i) {
        const auto kept = tail_.size();
        std::memcpy(buffer.data(), tail_.data(), kept);
        const auto [progress, got] = read_some({buffer.data() + kept, read_size});
        if (progress == Progress::later) break;
        if (progress != Progress::moved) {
            if (stage_ == Stage::waiting) counters().bad_handshakes.fetch_add(1, std::memory_order_relaxed);
            return close(CloseReason::io_error);
        }
        if (stage_ == Stage::finishing) continue;
        if (!take({buffer.data(), kept + got})) return;
        if (got < read_size) break;
    }
    read_later();
}

io::Moved Link::read_some(std::span<std::uint8_t> into) {
    if (!stream_.encrypted()) return stream_.read_some(into);
    std::lock_guard lock(mutex_);
    const auto moved = stream_.read_some(into);
    if (alive_ && stream_.holds_back()) wait_for_room_locked();  // what reading had to answer
    return moved;
}

// Handles the complete frames of `bytes` and keeps the rest. false: the link has ended.
bool Link::take(std::span<std::uint8_t> bytes) {
    auto& outbox = read_space().outbox;
    const auto used = decode(bytes, outbox);
    outbox.flush();
    counters().dropped_unroutable.fetch_add(outbox.take_unroutable(), std::memory_order_relaxed);
    if (stage_ == Stage::ended || stage_ == Stage::finishing) {
        std::string().swap(tail_);
    } else if (const auto rest = bytes.subspan(used); !rest.empty()) {
        tail_.assign(reinterpret_cast<const char*>(rest.data()), rest.size());
    } else if (tail_.capacity() > 0) {
        std::string().swap(tail_);
    }
    return stage_ != Stage::ended;
}

// Stops at the first incomplete frame, and when the stage no longer reads. Returns the bytes used.
std::size_t Link::decode(std::span<std::uint8_t> bytes, Outbox& outbox) {
    std::size_t used = 0;
    std::uint64_t received = 0;
    while (stage_ == Stage::waiting || stage_ == Stage::open) {
        const auto limit = stage_ == Stage::open ? wire::max_message : wire::max_first_message;
        const auto frame = websocket::decode_frame(bytes.subspan(used), limit);
        if (frame.status == FrameStatus::incomplete) break;
        if (frame.status != FrameStatus::complete) {
            outbox.flush();
            on_bad_frame(frame);
            break;
        }
        used += frame.consumed;
        switch (frame.opcode) {
            case Opcode::binary:
                if (stage_ == Stage::waiting)
                    on_first_message(frame.payload);
                else
                    on_message(frame.payload, outbox, received);
                break;
            case Opcode::ping: {
                std::string pong;
                append_frame(pong, Opcode::pong,
                             {reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size()});
                std::lock_guard lock(mutex_);
                write_locked(pong);
                break;
            }
            case Opcode::continuation:  // violations here (websocket::Accept)
            case Opcode::text:
            case Opcode::pong: break;
            case Opcode::close:
                outbox.flush();
                on_close_frame(frame.payload);
                break;
        }
    }
    if (received > 0) {
        counters().received_bytes.fetch_add(received, std::memory_order_relaxed);
        last_transport_.store(now().time_since_epoch().count(), std::memory_order_relaxed);
    }
    return used;
}

void Link::on_message(std::span<std::uint8_t> message, Outbox& outbox, std::uint64_t& received) {
    using Kind = wire::Inbound::Kind;
    const auto inbound = wire::classify(message);
    switch (inbound.kind) {
        case Kind::transport: {
            received += message.size();
            auto* const id = message.data() + wire::header_size;
            const auto destination = PeerId::read(id);
            std::memcpy(id, id_.bytes.data(), PeerId::size);
            const auto header = websocket::write_header_before(message.data(), message.size());
            outbox.add(*host_->routes, destination,
                       Frame{message.data() - header, static_cast<std::uint32_t>(header + message.size()),
                             static_cast<std::uint32_t>(header)});
            return;
        }
        case Kind::health_check: health_answers_.fetch_add(1, std::memory_order_relaxed); return;
        case Kind::subscribe:
        case Kind::unsubscribe: {
            auto ids = wire::read_ids(inbound.body);
            const bool taken = inbound.kind == Kind::subscribe ? events_->subscribe(std::move(ids))
                                                               : events_->unsubscribe(std::move(ids));
            if (taken) return;
            counters().control_floods.fetch_add(1, std::memory_order_relaxed);
            outbox.flush();
            return stop(CloseReason::control_flood);
        }
        case Kind::ignored:
            counters().ignored_messages.fetch_add(1, std::memory_order_relaxed);
            if (!inbound.repeated_auth) return;
            if (const auto times = host_->repeated_auth.happened(now()))
                log::warn("ignored a second Auth message of {} ({}); {} since the last such line", id_.display(),
                          remote_, *times);
            return;
        case Kind::close: outbox.flush(); return stop(CloseReason::peer_closed);
        case Kind::violation:
            counters().violations.fetch_add(1, std::memory_order_relaxed);
            outbox.flush();
            return stop(CloseReason::violation);
    }
}

void Link::on_bad_frame(const DecodedFrame& frame) {
    auto& count = stage_ == Stage::open ? counters().violations : counters().bad_handshakes;
    count.fetch_add(1, std::memory_order_relaxed);
    if (frame.status == FrameStatus::oversized) counters().oversized.fetch_add(1, std::memory_order_relaxed);
    if (stage_ == Stage::waiting) log::debug("failed to handshake: {}: {}", remote_, frame.why);
    stop(CloseReason::violation);
}

// A close frame is answered with its own status code.
void Link::on_close_frame(std::span<const std::uint8_t> payload) {
    if (stage_ == Stage::waiting) counters().bad_handshakes.fetch_add(1, std::memory_order_relaxed);
    std::string reply;
    append_frame(reply, Opcode::close,
                 {reinterpret_cast<const char*>(payload.data()), std::min<std::size_t>(payload.size(), 2)});
    finish(CloseReason::peer_closed, reply);
}

// ---- The link's context: writing what was queued, deadlines, the end

void Link::wait_writable() {
    if (stage_ == Stage::ended) return;
    stream_.async_wait_writable([self = shared_from_this()](const auto& error) {
        if (!error) self->on_writable();
    });
    check_later(now() + host_->settings.stuck_limit);
}

void Link::on_writable() {
    bool drained = false;
    {
        std::lock_guard lock(mutex_);
        if (!alive_) return;
        if (!pass_on_locked()) return;
        // As if every message had to be written within the limit.
        if (moved_ >= wire::max_message + websocket::max_server_header) {
            moved_ = 0;
            blocked_since_ = now();
        }
        drained = queue_.empty() && !stream_.holds_back();
        waiting_for_room_ = !drained;
    }
    if (!drained) return wait_writable();
    if (stage_ == Stage::finishing) return half_close();
    if (stage_ != Stage::answering) return;
    opened();
    auto bytes = std::exchange(tail_, {});
    if (take({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()})) read_later();
}

bool Link::flushed() {
    std::lock_guard lock(mutex_);
    return alive_ && !waiting_for_room_;
}

// Ends the link from its own context: nothing more is read from here on.
void Link::stop(CloseReason reason) {
    stage_ = Stage::finishing;
    close(reason);
}

// `last_words`: bytes as they go out.
void Link::finish(CloseReason reason, std::string_view last_words) {
    if (stage_ == Stage::finishing || stage_ == Stage::ended) return;
    stage_ = Stage::finishing;
    deadline_ = now() + host_->settings.goodbye_limit;
    {
        std::lock_guard lock(mutex_);
        if (!alive_) return;
        write_locked(last_words);
        finishing_ = true;
        reason_ = reason;
    }
    check_later(deadline_);
    if (flushed()) half_close();
}

// The agent closes its side in answer; closing ours at once could take the last bytes away from it (RST).
void Link::half_close() {
    std::lock_guard lock(mutex_);
    if (alive_) stream_.shutdown_send();
}

void Link::check_deadlines() {
    if (stage_ == Stage::ended) return;
    const auto at = now();
    if (stage_ != Stage::open) {
        if (at >= deadline_) {
            if (stage_ != Stage::finishing) {
                counters().bad_handshakes.fetch_add(1, std::memory_order_relaxed);
                log::debug("failed to handshake: {}: took too long", remote_);
            }
            return close(CloseReason::io_error);
        }
        check_later(deadline_);
    }
    core::SteadyTime stuck_at{};
    {
        std::lock_guard lock(mutex_);
        if (!waiting_for_room_) return;
        stuck_at = blocked_since_ + host_->settings.stuck_limit;
        if (alive_ && at >= stuck_at) {
            counters().stuck.fetch_add(1, std::memory_order_relaxed);
            return close_locked(CloseReason::stuck);
        }
    }
    check_later(stuck_at);
}

// One timer for all deadlines; it exists only while one is pending.
void Link::check_later(core::SteadyTime at) {
    if (timer_ && timer_->expiry() <= at) return;
    timer_ = std::make_unique<asio::steady_timer>(stream_.executor(), at);
    timer_->async_wait([self = shared_from_this()](const auto& error) {
        if (error) return;
        self->timer_.reset();
        self->check_deadlines();
    });
}

void Link::end() {
    if (std::exchange(stage_, Stage::ended) == Stage::ended) return;
    CloseReason reason;
    {
        std::lock_guard lock(mutex_);
        stream_.close();
        reason = reason_;
    }
    timer_.reset();
    std::string().swap(tail_);
    authenticated_.store(false, std::memory_order_relaxed);
    host_->link_ended(*this);
    if (const auto events = std::exchange(events_, nullptr)) events->closed(reason);
}

// ---- Any thread

void Link::goodbye() {
    asio::post(stream_.executor(), [self = shared_from_this()] {
        if (self->stage_ != Stage::open) return self->close(CloseReason::shutdown);
        std::string last;
        append_frame(last, Opcode::binary, wire::close());
        self->finish(CloseReason::shutdown, last);
    });
}

bool Link::active_since(core::SteadyTime since) const {
    return last_transport_.load(std::memory_order_relaxed) >= since.time_since_epoch().count();
}

void Link::deliver(std::span<const Frame> frames) {
    if (deliver_fault.pass() != core::faults::Verdict::go_on) return;
    std::uint64_t bytes = 0;
    std::uint64_t taken = 0;
    std::uint64_t dropped = 0;
    std::lock_guard lock(mutex_);
    if (!alive_ || finishing_) return;
    const auto take_frame = [&](const Frame& f) {
        bytes += f.size - f.header;
        ++taken;
    };
    const auto text = [](const Frame& f) { return std::string_view(reinterpret_cast<const char*>(f.data), f.size); };
    while (!frames.empty() && !waiting_for_room_) {
        iovec vectors[max_vectors];
        const auto count = std::min(frames.size(), max_vectors);
        for (std::size_t i = 0; i < count; ++i)
            vectors[i] = {const_cast<std::uint8_t*>(frames[i].data), frames[i].size};
        const auto result = stream_.write_some({vectors, count});
        if (result.progress == Progress::broken) return close_locked(CloseReason::io_error);
        auto sent = result.bytes;
        std::size_t i = 0;
        for (; i < count && sent >= frames[i].size; ++i) {
            sent -= frames[i].size;
            take_frame(frames[i]);
        }
        if (i < count) {
            // The frame that was cut in two has to follow whole; without one, the queue starts with this frame.
            queue_.append(text(frames[i]).substr(sent));
            take_frame(frames[i++]);
            wait_for_room_locked();
        } else if (stream_.holds_back()) {
            wait_for_room_locked();
        }
        frames = frames.subspan(i);
    }
    for (const auto& f : frames) {
        if (queue_.size() + f.size > host_->settings.transport_queue) {
            ++dropped;
            continue;
        }
        queue_.append(text(f));
        take_frame(f);
    }
    counters().sent_bytes.fetch_add(bytes, std::memory_order_relaxed);
    counters().forwarded_frames.fetch_add(taken, std::memory_order_relaxed);
    if (dropped > 0) counters().dropped_overflow.fetch_add(dropped, std::memory_order_relaxed);
}

void Link::send(std::span<const std::string> messages) {
    std::string bytes;
    for (const auto& m : messages) append_frame(bytes, Opcode::binary, m);
    std::lock_guard lock(mutex_);
    if (!finishing_) write_locked(bytes);
}

void Link::close(CloseReason reason) {
    std::lock_guard lock(mutex_);
    close_locked(reason);
}

// ---- With mutex_ held

// false: the link is closed.
bool Link::write_locked(std::string_view bytes) {
    if (!alive_) return false;
    if (bytes.empty()) return true;
    if (!waiting_for_room_) {
        const auto sent = stream_.write_some(bytes);
        if (sent.progress == Progress::broken) {
            close_locked(CloseReason::io_error);
            return false;
        }
        bytes.remove_prefix(sent.bytes);
        if (bytes.empty() && !stream_.holds_back()) return true;
    } else if (queue_.size() + bytes.size() > host_->settings.transport_queue + host_->settings.control_queue) {
        counters().stuck.fetch_add(1, std::memory_order_relaxed);
        close_locked(CloseReason::stuck);
        return false;
    }
    queue_.append(bytes);
    wait_for_room_locked();
    return true;
}

// As much of what waits as the socket takes. false: the link is closed.
bool Link::pass_on_locked() {
    auto progress = stream_.flush();
    while (progress == Progress::moved && !queue_.empty()) {
        const auto sent = stream_.write_some(queue_.front());
        progress = sent.progress;
        queue_.consume(sent.bytes);
        moved_ += sent.bytes;
    }
    if (progress != Progress::broken) return true;
    close_locked(CloseReason::io_error);
    return false;
}

void Link::wait_for_room_locked() {
    if (std::exchange(waiting_for_room_, true)) return;
    blocked_since_ = now();
    moved_ = 0;
    asio::post(stream_.executor(), [self = shared_from_this()] { self->wait_writable(); });
}

// The agent's side ends at once; the descriptor lives until the link's context has let go of it.
void Link::close_locked(CloseReason reason) {
    if (!std::exchange(alive_, false)) return;
    // The first reason counts: a link that finishes has one already.
    if (!finishing_) reason_ = reason;
    queue_.clear();
    stream_.shutdown();
    asio::post(stream_.executor(), [self = shared_from_this()] { self->end(); });
}

}  // namespace rookery::adapters::relay
