#include "adapters/tls/session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace rookery::adapters::tls {

using io::Moved;
using io::Progress;

namespace {

constexpr std::size_t max_record = 16 * 1024;
constexpr std::size_t max_read = 64 * 1024;
constexpr std::size_t max_handshake = 16 * 1024;  // no client certificates: hellos are a few hundred bytes
constexpr std::size_t max_held = 64 * 1024;

std::vector<std::uint8_t>& thread_buffer() {
    thread_local std::vector<std::uint8_t> buffer(max_read);
    return buffer;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The records of a write, each gathered from as many buffers as it takes.
class Gatherer {
public:
    explicit Gatherer(std::span<const iovec> from) : from_(from) { skip_empty(); }

    bool done() const { return from_.empty(); }

    std::span<const std::uint8_t> next() {
        if (from_.size() == 1 || left().size() >= max_record) return take(max_record);
        auto& record = thread_buffer();  // of which reading makes no use now
        std::size_t size = 0;
        while (!done() && size < max_record) {
            const auto part = take(max_record - size);
            std::memcpy(record.data() + size, part.data(), part.size());
            size += part.size();
        }
        return {record.data(), size};
    }

private:
    std::span<const std::uint8_t> left() const {
        return std::span(static_cast<const std::uint8_t*>(from_[0].iov_base), from_[0].iov_len).subspan(used_);
    }
    std::span<const std::uint8_t> take(std::size_t limit) {
        const auto part = left().first(std::min(limit, left().size()));
        used_ += part.size();
        skip_empty();
        return part;
    }
    void skip_empty() {
        while (!from_.empty() && used_ == from_[0].iov_len) {
            from_ = from_.subspan(1);
            used_ = 0;
        }
    }

    std::span<const iovec> from_;
    std::size_t used_ = 0;  // of the first
};

}  // namespace

// OpenSSL's view of the session as its transport.
struct SocketBio {
    static Session& session(BIO* bio) { return *static_cast<Session*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* into, int size) {
        BIO_clear_retry_flags(bio);
        auto& input = session(bio).input_;
        if (input.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const auto n = std::min(input.size(), static_cast<std::size_t>(size));
        std::memcpy(into, input.data(), n);
        input = input.subspan(n);
        return static_cast<int>(n);
    }

    static int write(BIO* bio, const char* bytes, int size) {
        BIO_clear_retry_flags(bio);
        const bool taken =
            session(bio).send({reinterpret_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(size)});
        return taken ? size : -1;
    }

    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

    static BIO* make(Session& session) {
        static BIO_METHOD* const method = [] {
            auto* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rookery socket");
            BIO_meth_set_read(m, read);
            BIO_meth_set_write(m, write);
            BIO_meth_set_ctrl(m, control);
            return m;
        }();
        auto* bio = BIO_new(method);
        if (!bio) throw std::bad_alloc();
        BIO_set_data(bio, &session);
        BIO_set_init(bio, 1);
        return bio;
    }
};

void Session::Free::operator()(ssl_st* ssl) const {
    SSL_free(ssl);
}

Session::Session(const Certificate& certificate, int fd, bool grpc_only)
    : fd_(fd), grpc_only_(grpc_only), ssl_(SSL_new(certificate.context())) {
    if (!ssl_) throw std::bad_alloc();
    auto* bio = SocketBio::make(*this);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_accept_state(ssl_.get());
}

Session::~Session() = default;

Progress Session::receive(std::size_t wanted) {
    auto& buffer = thread_buffer();
    const auto got = io::receive(fd_, std::span(buffer).first(std::clamp(wanted, max_record, max_read)));
    input_ = std::span(buffer).first(got.bytes);
    if (got.progress == Progress::broken) broken_ = true;
    if (got.progress == Progress::ended) ended_ = true;
    return got.progress;
}

void Session::keep_rest() {
    kept_.assign(reinterpret_cast<const char*>(input_.data()), input_.size());
    input_ = {};
    unread_ = !kept_.empty() || SSL_pending(ssl_.get()) > 0 || ended_ || broken_;
}

Session::Step Session::fail(std::string why) {
    broken_ = true;
    failure_ = std::move(why);
    return Step::failed;
}

Session::Step Session::handshake() {
    ERR_clear_error();
    if (const auto flushed = flush(); flushed != Progress::moved)
        return flushed == Progress::later ? Step::wait_writable : fail("the connection broke");
    if (done_) return Step::done;
    switch (receive(max_handshake)) {
        case Progress::later: return Step::wait_readable;
        case Progress::ended: return fail("the client hung up");
        case Progress::broken: return fail("the connection broke");
        case Progress::moved: break;
    }
    received_ += input_.size();
    const int result = SSL_do_handshake(ssl_.get());
    keep_rest();
    if (result == 1) {
        done_ = true;
        return holds_back() ? Step::wait_writable : Step::done;
    }
    if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
        const char* reason = ERR_reason_error_string(ERR_peek_last_error());
        ERR_clear_error();
        return fail(reason ? reason : "the connection broke");
    }
    if (received_ > max_handshake) return fail("the handshake is too large");
    return holds_back() ? Step::wait_writable : Step::wait_readable;
}

Moved Session::read_some(std::span<std::uint8_t> into) {
    const auto kept = std::exchange(kept_, {});
    if (!kept.empty()) {
        input_ = bytes_of(kept);
    } else if (!unread_) {
        if (const auto progress = receive(into.size()); progress != Progress::moved) {
            unread_ = progress != Progress::later;
            return {progress};
        }
    }
    ERR_clear_error();
    std::size_t total = 0;
    while (total < into.size() && !broken_ && !ended_) {
        const int n =
            SSL_read(ssl_.get(), into.data() + total, static_cast<int>(std::min(into.size() - total, max_read)));
        if (n > 0) {
            total += static_cast<std::size_t>(n);
            continue;
        }
        switch (SSL_get_error(ssl_.get(), n)) {
            case SSL_ERROR_WANT_READ: break;
            case SSL_ERROR_ZERO_RETURN: ended_ = true; break;
            default: broken_ = true; break;
        }
        break;
    }
    ERR_clear_error();
    keep_rest();
    if (total > 0) return {Progress::moved, total};
    return {broken_ ? Progress::broken : ended_ ? Progress::ended : Progress::later};
}

Moved Session::write_some(std::span<const iovec> from) {
    if (const auto progress = flush(); progress != Progress::moved) return {progress};
    ERR_clear_error();
    std::size_t total = 0;
    for (Gatherer records(from); !records.done() && !broken_ && held_.empty();) {
        const auto record = records.next();
        const int n = SSL_write(ssl_.get(), record.data(), static_cast<int>(record.size()));
        if (n <= 0)
            broken_ = true;
        else
            total += static_cast<std::size_t>(n);
    }
    ERR_clear_error();
    if (broken_) return {Progress::broken};
    return {total > 0 ? Progress::moved : Progress::later, total};
}

bool Session::send(std::span<const std::uint8_t> bytes) {
    if (held_.empty()) {
        const iovec one{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
        const auto sent = io::send(fd_, {&one, 1});
        if (sent.progress == Progress::broken) broken_ = true;
        bytes = bytes.subspan(sent.bytes);
    }
    if (held_.size() + bytes.size() > max_held) broken_ = true;
    if (!broken_) held_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return !broken_;
}

Progress Session::flush() {
    if (broken_) return Progress::broken;
    while (!held_.empty()) {
        const iovec one{held_.data(), held_.size()};
        const auto sent = io::send(fd_, {&one, 1});
        if (sent.progress != Progress::moved) {
            broken_ = sent.progress == Progress::broken;
            return sent.progress;
        }
        held_.erase(0, sent.bytes);
        if (held_.empty()) std::string().swap(held_);
    }
    return Progress::moved;
}

void Session::say_end() {
    if (!done_ || broken_) return;
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

}  // namespace rookery::adapters::tls
