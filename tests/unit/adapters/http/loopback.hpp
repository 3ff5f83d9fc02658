// An http::Server on a loopback port, and a client that sends raw bytes and waits with a time-out.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "adapters/http/server.hpp"
#include "adapters/io/pool.hpp"

namespace rookery::adapters::http::test {

using namespace std::chrono_literals;

class Loopback {
public:
    Loopback(Limits limits, Handler handler, std::vector<std::pair<std::string, UpgradeHandler>> upgrades = {})
        : server(std::make_unique<Server>(limits, std::move(handler), std::move(upgrades))) {
        accept();
    }
    ~Loopback() { pool.stop(); }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    io::Pool pool{2};
    std::unique_ptr<Server> server;
    std::string read_ahead;  // handed over with each connection, as the front does

private:
    void accept() {
        acceptor_.async_accept(pool.next(), [this](boost::system::error_code ec, asio::ip::tcp::socket socket) {
            if (ec) return;
            server->serve(io::Stream(std::move(socket)), read_ahead);
            accept();
        });
    }

    asio::ip::tcp::acceptor acceptor_{pool.main(), {asio::ip::address_v4::loopback(), 0}};
};

class Client {
public:
    explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~Client() { ::close(fd_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // False once the other side has closed.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    void shutdown_send() { ::shutdown(fd_, SHUT_WR); }

    // What has come in until `enough`, the end of the connection or the time-out.
    std::string read(const std::function<bool(const std::string&)>& enough, std::chrono::milliseconds limit = 5s) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!enough(received_) && !closed) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            pollfd waiting{fd_, POLLIN, 0};
            if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) break;
            char chunk[16 * 1024];
            const auto n = ::recv(fd_, chunk, sizeof chunk, 0);
            if (n <= 0)
                closed = true;
            else
                received_.append(chunk, static_cast<std::size_t>(n));
        }
        return std::exchange(received_, {});
    }
    std::string read_to_end(std::chrono::milliseconds limit = 5s) {
        return read([](const std::string&) { return false; }, limit);
    }
    std::string read_until(std::string_view text, std::chrono::milliseconds limit = 5s) {
        return read([&](const std::string& in) { return in.find(text) != std::string::npos; }, limit);
    }

    bool connected = false;
    bool closed = false;

private:
    int fd_;
    std::string received_;
};

// "GET <path>" with what HTTP/1.1 asks for.
inline std::string get(std::string_view path, std::string_view more = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(more) + "\r\n";
}

}  // namespace rookery::adapters::http::test
