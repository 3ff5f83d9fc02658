// A connection without a network: the server's end is a socket on a context that the target runs itself, so that one
// input is one thread's work from beginning to end.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "adapters/io/stream.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace rookery::fuzz {

class Connection {
public:
    explicit Connection(boost::asio::io_context& context) : context_(context) {
        int ends[2];
        expect(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
               "there is a socket pair");
        server_ = ends[0];
        client_ = ends[1];
    }
    ~Connection() { ::close(client_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // The server's end; once.
    adapters::io::Stream server() {
        boost::asio::ip::tcp::socket socket(context_);
        socket.assign(boost::asio::ip::tcp::v4(), server_);
        return adapters::io::Stream(std::move(socket));
    }

    // Sends as much as the server takes while it lives.
    void send(std::string_view bytes) {
        for (int tries = 0; !bytes.empty() && tries < 1'000; ++tries) {
            const auto n = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
            if (n < 0 && errno != EAGAIN) return;
            run();
        }
    }

    // The client's end is over; the server has to let go of everything without any timer's help.
    void end(const std::function<bool()>& gone) {
        run();
        ::shutdown(client_, SHUT_WR);
        run();
        ::shutdown(client_, SHUT_RDWR);
        for (int tries = 0; !gone() && tries < 100; ++tries) run();
        expect(gone(), "a connection that its client has ended is gone");
    }

    // What the server has said.
    const std::string& received() const { return received_; }

private:
    void run() {
        context_.restart();
        context_.poll();
        char chunk[16 * 1024];
        for (ssize_t n; (n = ::recv(client_, chunk, sizeof chunk, 0)) > 0;)
            received_.append(chunk, static_cast<std::size_t>(n));
    }

    boost::asio::io_context& context_;
    int server_ = -1;
    int client_ = -1;
    std::string received_;
};

}  // namespace rookery::fuzz
