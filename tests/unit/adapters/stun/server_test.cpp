#include "adapters/stun/server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <thread>

#include "actors/core/encoding.hpp"
#include "actors/stun/message.hpp"
#include "adapters/io/pool.hpp"
#include "tests/catch.hpp"
#include "tests/eventually.hpp"

namespace rookery::adapters::stun {
namespace {

const std::string request = core::hex_decode("000100002112a442000102030405060708090a0b").value();

bool has_ipv6() {
    const int fd = ::socket(AF_INET6, SOCK_DGRAM, 0);
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_addr = in6addr_loopback;
    const bool ok = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0;
    if (fd >= 0) ::close(fd);
    return ok;
}

// A socket connected to the server: only answers from the address it sent to arrive.
class Client {
public:
    Client(const std::string& address, std::uint16_t port) {
        source.v6 = address.find(':') != std::string::npos;
        fd_ = ::socket(source.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
        sockaddr_storage to{};
        socklen_t size;
        if (source.v6) {
            auto& a = reinterpret_cast<sockaddr_in6&>(to);
            a.sin6_family = AF_INET6;
            a.sin6_port = htons(port);
            ::inet_pton(AF_INET6, address.c_str(), &a.sin6_addr);
            size = sizeof a;
        } else {
            auto& a = reinterpret_cast<sockaddr_in&>(to);
            a.sin_family = AF_INET;
            a.sin_port = htons(port);
            ::inet_pton(AF_INET, address.c_str(), &a.sin_addr);
            size = sizeof a;
        }
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), size) != 0) throw std::runtime_error("connect");
        sockaddr_storage own{};
        socklen_t own_size = sizeof own;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &own_size);
        if (source.v6) {
            auto& a = reinterpret_cast<sockaddr_in6&>(own);
            source.port = ntohs(a.sin6_port);
            std::memcpy(source.address.data(), &a.sin6_addr, 16);
        } else {
            auto& a = reinterpret_cast<sockaddr_in&>(own);
            source.port = ntohs(a.sin_port);
            std::memcpy(source.address.data(), &a.sin_addr, 4);
        }
    }
    ~Client() { ::close(fd_); }

    void send(const std::string& datagram) const { ::send(fd_, datagram.data(), datagram.size(), 0); }
    std::optional<std::string> receive() const {
        pollfd p{fd_, POLLIN, 0};
        if (::poll(&p, 1, 10'000) <= 0) return std::nullopt;
        char buffer[200];
        const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
        return n < 0 ? std::nullopt : std::optional(std::string(buffer, static_cast<std::size_t>(n)));
    }
    std::string expected() const {
        const auto r =
            rookery::stun::answer({reinterpret_cast<const std::uint8_t*>(request.data()), request.size()}, source);
        return std::string(core::as_text(r.bytes).substr(0, r.size));
    }

    rookery::stun::Source source;

private:
    int fd_;
};

TEST_CASE("answers on every port, from the address that was asked") {
    io::Pool pool(1);
    auto server = Server::open(pool.main(), {0, 0}).value();
    REQUIRE(server->ports().size() == 2);
    std::uint64_t answered = 0;
    for (const auto port : server->ports()) {
        std::vector<std::string> addresses{"127.0.0.1", "127.0.0.77"};
        if (has_ipv6()) addresses.emplace_back("::1");
        for (const auto& address : addresses) {
            INFO(address << " port " << port);
            const Client client(address, port);
            for (int i = 0; i < 10; ++i) client.send(request);
            for (int i = 0; i < 10; ++i) REQUIRE(client.receive() == client.expected());
            answered += 10;
        }
    }
    CHECK_EVENTUALLY(server->counters().answered == answered);
}

TEST_CASE("other datagrams are counted and not answered") {
    io::Pool pool(1);
    auto server = Server::open(pool.main(), {0}).value();
    const Client client("127.0.0.1", server->ports()[0]);
    client.send("hello");
    client.send(core::hex_decode("000100042112a442000102030405060708090a0b").value());
    client.send(core::hex_decode("001100002112a442000102030405060708090a0b").value());
    client.send(request);
    CHECK(client.receive() == client.expected());
    CHECK_EVENTUALLY(server->counters().ignored == 2);
    CHECK_EVENTUALLY(server->counters().malformed == 1);
}

TEST_CASE("a port that is taken is an error that says what to do") {
    io::Pool pool(1);
    auto server = Server::open(pool.main(), {0}).value();
    const auto port = server->ports()[0];
    const auto second = Server::open(pool.main(), {0, port});
    REQUIRE_FALSE(second);
    CHECK(second.error().message.find("UDP port " + std::to_string(port)) != std::string::npos);
    CHECK(second.error().message.find("Address already in use") != std::string::npos);
    CHECK(second.error().message.find("choose another") != std::string::npos);

    server->close();
    CHECK_EVENTUALLY(Server::open(pool.main(), {port}).has_value());
}

}  // namespace
}  // namespace rookery::adapters::stun
