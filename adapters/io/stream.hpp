// A connected byte stream, cleartext or encrypted: what HTTP, the relay and the way to gRPC read and write. Nothing
// here blocks: a call does what can be done now, Asio only waits. A cleartext call is the system call and a branch.
//
// Cleartext: one thread may read while another one writes. Encrypted: reading may answer (keys, alerts), so its owner
// lets one thread call at a time.
//
// An encrypted stream may hold back the end of what write_some took, when the socket took less: at most a record.
// Until flush() has passed it on, nothing more is taken; whoever writes waits for writability while holds_back().
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

namespace rookery::adapters::io {

namespace asio = boost::asio;

enum class Progress : std::uint8_t {
    moved,   // `bytes` of them, at least one
    later,   // would block
    ended,   // the other side has said its last byte; only from reading
    broken,  // nothing will ever move again
};

struct Moved {
    Progress progress = Progress::later;
    std::size_t bytes = 0;
};

// What encrypts a stream; knows its descriptor and does not own it. The contract is Stream's.
class Encryption {
public:
    virtual ~Encryption() = default;
    virtual Moved read_some(std::span<std::uint8_t> into) = 0;
    virtual Moved write_some(std::span<const iovec> from) = 0;
    virtual Progress flush() = 0;
    virtual bool holds_back() const = 0;
    virtual bool has_unread() const = 0;
    virtual void say_end() = 0;
};

class Stream {
public:
    // Makes the socket non-blocking, and TCP send at once.
    explicit Stream(asio::ip::tcp::socket socket);

    // From here on; before anything was read or written.
    void encrypt(std::unique_ptr<Encryption> encryption) { encryption_ = std::move(encryption); }
    bool encrypted() const { return encryption_ != nullptr; }
    int descriptor() { return socket_.native_handle(); }
    auto executor() { return socket_.get_executor(); }
    // The TCP peer, for logs; "unknown" when it is gone already.
    std::string remote() const;

    Moved read_some(std::span<std::uint8_t> into);
    // Takes from the front of the buffers, which need not stay where they are.
    Moved write_some(std::span<const iovec> from);
    Moved write_some(std::string_view bytes);
    // moved: nothing is held back any more.
    Progress flush() { return encryption_ ? encryption_->flush() : Progress::moved; }
    bool holds_back() const { return encryption_ && encryption_->holds_back(); }

    // `handler(error_code)` on the stream's context. Readable includes what was received and not read yet.
    template <class Handler>
    void async_wait_readable(Handler handler) {
        if (encryption_ && encryption_->has_unread())
            return asio::post(executor(),
                              [handler = std::move(handler)]() mutable { handler(boost::system::error_code()); });
        socket_.async_wait(asio::ip::tcp::socket::wait_read, std::move(handler));
    }
    template <class Handler>
    void async_wait_writable(Handler handler) {
        socket_.async_wait(asio::ip::tcp::socket::wait_write, std::move(handler));
    }

    // Our last byte was written; the other side may go on. Any thread may call, as for writing.
    void shutdown_send();
    // Both directions end at once; waits end soon after.
    void shutdown();
    // On the stream's context. Waits end with operation_aborted.
    void close();
    // Gives the descriptor of a cleartext stream away; -1 if it is closed.
    int release();

private:
    asio::ip::tcp::socket socket_;
    std::unique_ptr<Encryption> encryption_;
};

// errno after a call on a non-blocking descriptor that did nothing: try again once it is ready.
bool would_block(int error);
// The system calls as Moved. Never SIGPIPE.
Moved receive(int fd, std::span<std::uint8_t> into);
Moved send(int fd, std::span<const iovec> from);

}  // namespace rookery::adapters::io
