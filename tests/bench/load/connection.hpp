// Non-blocking TCP and TLS connections on one epoll, one thread. A connection queues what it wants to write and is
// flushed at the end of the loop's turn, so that what belongs together leaves in one write.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/load/url.hpp"

namespace rookery::bench {

class Connection;

class Loop {
public:
    Loop();

    // Waits at most `ms` for events, handles them, and flushes what was kicked.
    void poll(int ms);
    void flush();
    void poll_for(double seconds);
    // Forgets every connection that was kicked; before connections are destroyed outside a turn.
    void forget() { kicked_.clear(); }

private:
    friend class Connection;

    int epoll_;
    std::vector<char> buffer_ = std::vector<char>(256 * 1024);
    std::vector<Connection*> kicked_;
};

class Connection {
public:
    explicit Connection(Loop& loop) : loop_(loop) {}
    virtual ~Connection() { shut(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool dead() const { return dead_; }
    // The socket did not take everything.
    bool blocked() const { return out_.size() > written_; }
    std::size_t queued() const { return out_.size() - written_; }
    // Asks for pump() at the end of this turn; safe inside callbacks.
    void kick();
    // Closes without on_down().
    void shut();

protected:
    enum class Alpn { none, h2 };
    void open(const Url& url, const sockaddr_in& address, Alpn alpn);

    virtual void on_up() = 0;
    virtual void on_data(std::string_view bytes) = 0;
    virtual void on_down(const std::string& why) = 0;
    virtual void pump() { flush(); }

    bool up() const { return up_; }
    void fail(const std::string& why);
    void flush();

    std::string out_;  // to be written, from written_ on

private:
    friend class Loop;

    enum class Io { done, again, failed };
    void on_event(std::uint32_t events);
    bool come_up(std::uint32_t events);
    void read_all(bool hung_up);
    Io write_some(std::size_t& size);

    Loop& loop_;
    int fd_ = -1;
    SSL* ssl_ = nullptr;
    std::size_t written_ = 0;
    bool up_ = false;
    bool dead_ = false;
    bool kicked_ = false;
};

}  // namespace rookery::bench
