// The server's side of TLS on one accepted socket. OpenSSL reads from and writes to this class, which does the system
// calls: one recv for many records, and what a full socket does not take is held back here (io::Stream).
// Bounds: 16 KiB received before the handshake is done; 64 KiB held back, beyond which the session is broken.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "adapters/io/stream.hpp"
#include "adapters/tls/certificate.hpp"

struct ssl_st;  // OpenSSL's SSL
struct bio_st;  // OpenSSL's BIO

namespace rookery::adapters::tls {

class Session final : public io::Encryption {
public:
    // `grpc_only`: of the port, for ALPN. The descriptor outlives the session.
    Session(const Certificate& certificate, int fd, bool grpc_only);
    ~Session() override;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    enum class Step { done, wait_readable, wait_writable, failed };
    // As far as it goes without blocking; until it is done, none of the members below.
    Step handshake();
    // Why the handshake failed, for logs.
    const std::string& failure() const { return failure_; }
    bool grpc_only() const { return grpc_only_; }

    io::Moved read_some(std::span<std::uint8_t> into) override;
    io::Moved write_some(std::span<const iovec> from) override;
    io::Progress flush() override;
    bool holds_back() const override { return !held_.empty(); }
    bool has_unread() const override { return unread_; }
    void say_end() override;

private:
    struct Free {
        void operator()(ssl_st* ssl) const;
    };
    friend struct SocketBio;

    io::Progress receive(std::size_t wanted);
    void keep_rest();
    bool send(std::span<const std::uint8_t> bytes);
    Step fail(std::string why);

    const int fd_;
    const bool grpc_only_;
    bool done_ = false;  // the handshake
    bool broken_ = false;
    bool ended_ = false;                   // the client's last byte was read
    bool unread_ = false;                  // read_some gives something without the socket
    std::size_t received_ = 0;             // during the handshake
    std::span<const std::uint8_t> input_;  // while a call runs: received, not yet taken by OpenSSL
    std::string kept_;                     // the same, between calls
    std::string held_;                     // encrypted, not yet taken by the socket
    std::string failure_;
    std::unique_ptr<ssl_st, Free> ssl_;
};

}  // namespace rookery::adapters::tls
