// A connection whose protocol is not known yet: through the TLS handshake, if the port has one, to its first bytes and
// into the hands of whoever speaks it. One deadline for all of it.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "adapters/front/front.hpp"
#include "adapters/tls/session.hpp"

namespace rookery::adapters::front {

// What the connections of one port share; outlives them.
struct Desk {
    Desk(Receivers r, Limits l, Tls t) : receivers(std::move(r)), limits(l), tls(std::move(t)) {}

    const Receivers receivers;
    const Limits limits;
    const Tls tls;
    std::atomic<std::uint64_t> too_slow{0}, wrong_protocol{0}, over_limit{0}, tls_handshakes{0}, tls_failures{0};
    std::atomic<std::size_t> undecided{0};    // counted up by whoever makes a Sniffer
    std::atomic<std::size_t> handshaking{0};  // of these, in a TLS handshake
};

// Lives on its stream's io_context, as long as an operation is outstanding.
class Sniffer : public std::enable_shared_from_this<Sniffer> {
public:
    Sniffer(std::shared_ptr<Desk> desk, int listener, io::Stream stream);
    ~Sniffer();
    Sniffer(const Sniffer&) = delete;
    Sniffer& operator=(const Sniffer&) = delete;

    void begin();

private:
    void wait_readable();
    void on_readable();
    void choose_tls();
    void begin_handshake();
    void handshake();
    void end_handshake();
    void look();
    void hand_to_http2();
    void hand_to_http1();
    void reject_protocol(std::string_view why);
    void reject(std::string_view why);
    void close();

    const std::shared_ptr<Desk> desk_;
    const int listener_;
    io::Stream stream_;
    boost::asio::steady_timer deadline_;
    bool choosing_tls_;                // whether this is TLS at all is not known yet
    tls::Session* session_ = nullptr;  // while the handshake is under way
    std::string read_;                 // of the preface
};

}  // namespace rookery::adapters::front
