#include "adapters/front/sniffer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "actors/core/log.hpp"
#include "adapters/front/tunnel.hpp"

namespace rookery::adapters::front {

using boost::system::error_code;
using io::Progress;

namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr char tls_handshake_record = 22;

}  // namespace

Protocol classify(std::string_view first_bytes) {
    const auto n = std::min(first_bytes.size(), preface.size());
    if (first_bytes.substr(0, n) == preface.substr(0, n))
        return n == preface.size() ? Protocol::http2 : Protocol::undecided;
    // A TLS record: handshake, version 3.x.
    if (first_bytes[0] == tls_handshake_record) {
        if (first_bytes.size() == 1) return Protocol::undecided;
        if (first_bytes[1] == 3) return Protocol::tls;
    }
    return Protocol::http1;
}

Sniffer::Sniffer(std::shared_ptr<Desk> desk, int listener, io::Stream stream)
    : desk_(std::move(desk)),
      listener_(listener),
      stream_(std::move(stream)),
      deadline_(stream_.executor()),
      choosing_tls_(desk_->tls.credentials != nullptr) {}

Sniffer::~Sniffer() {
    end_handshake();
    desk_->undecided.fetch_sub(1, std::memory_order_relaxed);
}

void Sniffer::begin() {
    deadline_.expires_after(desk_->limits.first_bytes);
    deadline_.async_wait([self = shared_from_this()](error_code ec) {
        if (ec || self->stream_.descriptor() < 0) return;  // handed over just now
        self->desk_->too_slow.fetch_add(1, std::memory_order_relaxed);
        self->reject(self->session_ ? "did not finish the TLS handshake in time"
                                    : "sent nothing that tells its protocol in time");
    });
    wait_readable();
}

void Sniffer::wait_readable() {
    stream_.async_wait_readable([self = shared_from_this()](error_code ec) {
        if (!ec) self->on_readable();
    });
}

void Sniffer::on_readable() {
    if (stream_.descriptor() < 0) return;  // the deadline was first
    if (choosing_tls_) return choose_tls();
    session_ ? handshake() : look();
}

// Nothing is allocated for a client that has not said a byte, and no TLS for one that does not speak it.
void Sniffer::choose_tls() {
    char first;
    const auto n = ::recv(stream_.descriptor(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && io::would_block(errno)) return wait_readable();
    if (n <= 0) return close();
    choosing_tls_ = false;
    if (first == tls_handshake_record) return begin_handshake();
    if (!desk_->tls.cleartext_too) return reject_protocol("does not speak TLS to a port with TLS");
    look();
}

void Sniffer::begin_handshake() {
    if (desk_->handshaking.fetch_add(1, std::memory_order_relaxed) >= desk_->limits.max_handshakes) {
        desk_->handshaking.fetch_sub(1, std::memory_order_relaxed);
        desk_->over_limit.fetch_add(1, std::memory_order_relaxed);
        return reject("came while too many TLS handshakes were under way");
    }
    const bool grpc_only = !desk_->receivers.http1;
    auto session = std::make_unique<tls::Session>(*desk_->tls.credentials->current(), stream_.descriptor(), grpc_only);
    session_ = session.get();
    stream_.encrypt(std::move(session));
    handshake();
}

void Sniffer::handshake() {
    switch (session_->handshake()) {
        case tls::Session::Step::wait_readable: return wait_readable();
        case tls::Session::Step::wait_writable:
            return stream_.async_wait_writable([self = shared_from_this()](error_code ec) {
                if (!ec && self->session_) self->handshake();
            });
        case tls::Session::Step::failed:
            desk_->tls_failures.fetch_add(1, std::memory_order_relaxed);
            return reject("failed the TLS handshake: " + session_->failure());
        case tls::Session::Step::done:
            desk_->tls_handshakes.fetch_add(1, std::memory_order_relaxed);
            end_handshake();
            return wait_readable();
    }
}

void Sniffer::end_handshake() {
    if (std::exchange(session_, nullptr)) desk_->handshaking.fetch_sub(1, std::memory_order_relaxed);
}

// Reads no more than the preface: what follows it is for the receiver to read.
void Sniffer::look() {
    std::array<std::uint8_t, preface.size()> buffer;
    const auto [progress, size] = stream_.read_some(std::span(buffer).first(preface.size() - read_.size()));
    if (progress == Progress::later) return wait_readable();
    if (progress != Progress::moved) return close();
    read_.append(reinterpret_cast<const char*>(buffer.data()), size);
    switch (classify(read_)) {
        case Protocol::undecided: return wait_readable();
        case Protocol::http2: return hand_to_http2();
        case Protocol::http1: return hand_to_http1();
        case Protocol::tls: return reject_protocol("speaks TLS to a port without TLS");
    }
}

void Sniffer::hand_to_http2() {
    deadline_.cancel();
    const int fd = stream_.encrypted() ? open_tunnel(std::move(stream_)) : stream_.release();
    if (fd >= 0) desk_->receivers.http2(listener_, fd, std::move(read_));
}

void Sniffer::hand_to_http1() {
    deadline_.cancel();
    if (!desk_->receivers.http1) return reject_protocol("does not speak HTTP/2 to a port that offers gRPC only");
    desk_->receivers.http1(std::move(stream_), std::move(read_));
}

void Sniffer::reject_protocol(std::string_view why) {
    desk_->wrong_protocol.fetch_add(1, std::memory_order_relaxed);
    reject(why);
}

void Sniffer::reject(std::string_view why) {
    core::log::debug("closed connection from {}: it {}", stream_.remote(), why);
    close();
}

void Sniffer::close() {
    deadline_.cancel();
    end_handshake();
    stream_.close();
}

}  // namespace rookery::adapters::front
