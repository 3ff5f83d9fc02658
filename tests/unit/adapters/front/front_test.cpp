#include "adapters/front/front.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <future>
#include <mutex>
#include <thread>

#include "tests/catch.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/adapters/tls/certificates.hpp"
#include "tests/unit/adapters/tls/client.hpp"

using namespace rookery;
using namespace rookery::adapters;
using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using front::classify;
using front::Protocol;

namespace {

const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// A front on a port of the system's choice, and what it handed over.
struct Fixture {
    io::Pool pool{1};
    std::promise<std::string> http1, http2;

    front::Front make(front::Limits limits, bool grpc_only = false) {
        front::Receivers receivers;
        receivers.http2 = [this](int, int fd, std::string read_ahead) {
            ::close(fd);
            http2.set_value(std::move(read_ahead));
        };
        if (!grpc_only)
            receivers.http1 = [this](io::Stream, std::string read_ahead) { http1.set_value(std::move(read_ahead)); };
        return front::Front(pool, std::move(receivers), limits);
    }
    tcp::socket connect(front::Front& f) {
        tcp::socket s(pool.main());
        s.connect({boost::asio::ip::address_v4::loopback(), f.port()});
        return s;
    }
    static std::string wait(std::promise<std::string>& p) {
        auto future = p.get_future();
        return future.wait_for(10s) == std::future_status::ready ? future.get() : "nothing came";
    }
    // The server closes: reading ends.
    static bool closed(tcp::socket& s) {
        char c;
        boost::system::error_code ec;
        s.read_some(boost::asio::buffer(&c, 1), ec);
        return ec == boost::asio::error::eof || ec == boost::asio::error::connection_reset;
    }
};

}  // namespace

TEST_CASE("the first bytes tell the protocol, one at a time") {
    for (std::size_t n = 1; n < preface.size(); ++n) CHECK(classify(preface.substr(0, n)) == Protocol::undecided);
    CHECK(classify(preface) == Protocol::http2);
    CHECK(classify("G") == Protocol::http1);
    CHECK(classify("PRI * HTTP/1.1") == Protocol::http1);
    CHECK(classify("POST / HTTP/1.1") == Protocol::http1);
    CHECK(classify("P") == Protocol::undecided);
    CHECK(classify(std::string("\x16", 1)) == Protocol::undecided);
    CHECK(classify(std::string("\x16\x03\x01", 3)) == Protocol::tls);
    CHECK(classify(std::string("\0\0\0", 3)) == Protocol::http1);  // garbage: the HTTP parser refuses it
}

TEST_CASE_METHOD(Fixture, "an HTTP/2 connection goes to gRPC with the bytes that were read") {
    auto f = make({});
    REQUIRE(f.listen({"127.0.0.1", 0}));
    auto s = connect(f);
    for (const char c : preface + "more") boost::asio::write(s, boost::asio::buffer(&c, 1));
    CHECK(wait(http2) == preface);
    CHECK_EVENTUALLY(f.counters().accepted == 1);
}

TEST_CASE_METHOD(Fixture, "everything else goes to HTTP/1.1") {
    auto f = make({});
    REQUIRE(f.listen({"127.0.0.1", 0}));
    auto s = connect(f);
    boost::asio::write(s, boost::asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
    CHECK(wait(http1) == "GET / HTTP/1.1\r\n\r\n");
}

TEST_CASE_METHOD(Fixture, "a client that says nothing, or half the preface, is cut off in time") {
    auto f = make({.first_bytes = 50ms});
    REQUIRE(f.listen({"127.0.0.1", 0}));
    auto silent = connect(f), half = connect(f);
    boost::asio::write(half, boost::asio::buffer(preface.substr(0, 10)));
    CHECK(closed(silent));
    CHECK(closed(half));
    CHECK_EVENTUALLY(f.counters().too_slow == 2);
}

TEST_CASE_METHOD(Fixture, "TLS on a cleartext port and HTTP/1.1 on a gRPC port are closed and counted") {
    auto f = make({}, true);
    REQUIRE(f.listen({"127.0.0.1", 0}));
    auto tls = connect(f), http = connect(f);
    boost::asio::write(tls, boost::asio::buffer(std::string("\x16\x03\x01\x02\x00\x01", 6)));
    boost::asio::write(http, boost::asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
    CHECK(closed(tls));
    CHECK(closed(http));
    CHECK_EVENTUALLY(f.counters().wrong_protocol == 2);
}

TEST_CASE_METHOD(Fixture, "connections that have not said anything are bounded") {
    auto f = make({.first_bytes = 10s, .max_connections = 2});
    REQUIRE(f.listen({"127.0.0.1", 0}));
    auto a = connect(f), b = connect(f), c = connect(f);
    CHECK(closed(c));
    CHECK_EVENTUALLY(f.counters().over_limit == 1);
    boost::asio::write(a, boost::asio::buffer(preface));
    CHECK(wait(http2) == preface);
}

TEST_CASE_METHOD(Fixture, "an empty host listens on IPv4 and IPv6") {
    auto f = make({});
    REQUIRE(f.listen({"", 0}));
    auto four = connect(f);
    tcp::socket six(pool.main());
    boost::system::error_code ec;
    six.connect({boost::asio::ip::address_v6::loopback(), f.port()}, ec);
    CHECK((!ec || ec == boost::asio::error::address_family_not_supported ||
           ec == boost::system::errc::address_not_available));
}

TEST_CASE_METHOD(Fixture, "a port in use is named, with what to do") {
    auto first = make({}), second = make({});
    REQUIRE(first.listen({"127.0.0.1", 0}));
    const auto refused = second.listen({"127.0.0.1", first.port()});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("127.0.0.1:" + std::to_string(first.port())) != std::string::npos);
    CHECK(refused.error().message.find("in use by another process") != std::string::npos);
}

namespace {

// A front with a certificate. HTTP/1.1 is answered by "one", gRPC by what the tunnel's end says of its peer.
struct TlsFixture : Fixture {
    tls::test::Folder folder;
    front::Tls tls{*tls::Credentials::open(folder.make("a"))};
    std::mutex mutex;
    std::vector<io::Stream> streams;
    std::vector<int> tunnels;

    ~TlsFixture() {
        pool.stop();
        for (const int fd : tunnels) ::close(fd);
    }

    std::unique_ptr<front::Front> open(bool grpc_only = false, front::Limits limits = {}) {
        front::Receivers receivers;
        receivers.http2 = [this](int, int fd, const std::string&) {
            sockaddr_un peer{};
            socklen_t size = sizeof peer;
            ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size);
            const std::string name(peer.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1);
            std::lock_guard lock(mutex);
            tunnels.push_back(fd);
            ::send(fd, name.data(), name.size(), MSG_NOSIGNAL);
        };
        if (!grpc_only)
            receivers.http1 = [this](io::Stream stream, const std::string&) {
                stream.write_some("one");
                std::lock_guard lock(mutex);
                streams.push_back(std::move(stream));
            };
        auto f = std::make_unique<front::Front>(pool, std::move(receivers), limits, tls);
        REQUIRE(f->listen({"127.0.0.1", 0}));
        return f;
    }
    int dial(front::Front& f) { return connect(f).release(); }
};

}  // namespace

TEST_CASE_METHOD(TlsFixture, "over TLS: what a client offers, what it gets, and who answers") {
    struct Row {
        std::vector<std::string> offers;
        std::string says, gets, answer;
    };
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    const Row rows[] = {
        {{"h2"}, preface, "h2", "127.0.0.1:"},
        {{"grpc-exp", "h2"}, preface, "h2", "127.0.0.1:"},
        {{"h2", "http/1.1"}, get, "http/1.1", "one"},
        {{"http/1.1"}, get, "http/1.1", "one"},
        {{}, get, "", "one"},
        {{}, preface, "", "127.0.0.1:"},
        {{"h2", "http/1.1"}, preface, "http/1.1", "127.0.0.1:"},  // the bytes decide
    };
    auto f = open();
    for (const auto& row : rows) {
        tls::test::Client client(dial(*f), row.offers);
        CAPTURE(row.gets, row.says);
        REQUIRE(client.connect());
        client.write(row.says);
        CHECK(client.selected() == row.gets);
        CHECK(client.read(row.answer.size()) == row.answer);
    }
    CHECK_EVENTUALLY(f->counters().tls_handshakes == std::size(rows));
    CHECK(f->counters().tls_failures == 0);
}

TEST_CASE_METHOD(TlsFixture, "a tunnel carries bytes both ways until one side ends") {
    auto f = open(true);
    auto client = std::make_unique<tls::test::Client>(dial(*f), std::vector<std::string>{"h2", "http/1.1"});
    REQUIRE(client->connect());
    client->write(preface);
    const auto peer = client->read(std::string("127.0.0.1:").size());
    REQUIRE(peer == "127.0.0.1:");
    int fd;
    {
        std::lock_guard lock(mutex);
        fd = tunnels.at(0);
    }
    ::fcntl(fd, F_SETFL, 0);
    std::string text(3'000'000, 'x');
    for (std::size_t i = 0; i < text.size(); i += 7) text[i] = static_cast<char>(i);
    // Nobody reads at first: what fits no buffer waits at its source.
    std::thread inwards([&] { client->write(text); });
    std::string got(text.size(), 0);
    CHECK(::recv(fd, got.data(), got.size(), MSG_WAITALL) == static_cast<ssize_t>(text.size()));
    CHECK(got == text);
    inwards.join();
    std::thread outwards([&] {
        ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        ::shutdown(fd, SHUT_RDWR);
    });
    const auto back = client->read(text.size() + 100);  // no more comes: the receiver hangs up
    CHECK(back.substr(back.size() - text.size()) == text);
    outwards.join();
}

TEST_CASE_METHOD(TlsFixture, "the end of a connection is the end of its tunnel") {
    auto f = open(true);
    {
        tls::test::Client client(dial(*f), {"h2"});
        REQUIRE(client.connect());
        client.write(preface);
        REQUIRE(client.read(1).size() == 1);
    }
    std::lock_guard lock(mutex);
    ::fcntl(tunnels.at(0), F_SETFL, 0);
    char c;
    CHECK(::recv(tunnels.at(0), &c, 1, 0) <= 0);
}

TEST_CASE_METHOD(TlsFixture, "cleartext to a TLS port is closed and counted; a port for both takes both") {
    auto f = open();
    auto plain = connect(*f);
    boost::asio::write(plain, boost::asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
    CHECK(closed(plain));
    CHECK_EVENTUALLY(f->counters().wrong_protocol == 1);
    CHECK(f->counters().tls_failures == 0);

    tls.cleartext_too = true;
    auto both = open(true);
    auto cleartext = connect(*both);
    boost::asio::write(cleartext, boost::asio::buffer(preface));
    CHECK_EVENTUALLY([&] {
        std::lock_guard lock(mutex);
        return tunnels.size() == 1;
    }());
    tls::test::Client client(dial(*both), {"h2"});
    CHECK(client.connect());
    CHECK(client.selected() == "h2");
}

TEST_CASE_METHOD(TlsFixture, "who is silent or slow in the handshake is cut off in time, whoever fails it at once") {
    auto f = open(false, {.first_bytes = 100ms});
    auto silent = connect(*f), half = connect(*f), garbage = connect(*f);
    boost::asio::write(half, boost::asio::buffer(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9)));
    boost::asio::write(garbage, boost::asio::buffer(std::string("\x16\x03\x01\x00\x05zzzzz", 10)));
    tls::test::Client idle(dial(*f));
    CHECK(idle.connect());
    CHECK(closed(silent));
    CHECK(closed(half));
    CHECK(idle.closed());
    CHECK_EVENTUALLY(f->counters().too_slow == 3);
    CHECK_EVENTUALLY(f->counters().tls_failures == 1);
}

TEST_CASE_METHOD(TlsFixture, "handshakes under way are bounded; silent connections do not count") {
    auto f = open(false, {.first_bytes = 10s, .max_handshakes = 2});
    const std::string begin("\x16\x03\x01", 3);
    auto silent = connect(*f), a = connect(*f), b = connect(*f);
    boost::asio::write(a, boost::asio::buffer(begin));
    boost::asio::write(b, boost::asio::buffer(begin));
    // One of three is closed, whichever came last.
    tls::test::Client c(dial(*f));
    CHECK_EVENTUALLY(f->counters().accepted == 4);
    c.connect();
    CHECK_EVENTUALLY(f->counters().over_limit == 1);
    b.close();
    a.close();
    CHECK_EVENTUALLY([&] {
        tls::test::Client again(dial(*f));
        return again.connect();
    }());
}

TEST_CASE_METHOD(Fixture, "closing refuses nobody who was let in; reopening listens on the same port") {
    auto f = make({});
    REQUIRE(f.listen({"127.0.0.1", 0}));
    const auto port = f.port();
    auto early = connect(f);
    f.close();
    tcp::socket late(pool.main());
    boost::system::error_code ec;
    late.connect({boost::asio::ip::address_v4::loopback(), port}, ec);
    CHECK(ec == boost::asio::error::connection_refused);
    boost::asio::write(early, boost::asio::buffer(preface));
    CHECK(wait(http2) == preface);

    f.close();  // twice is once
    REQUIRE(f.reopen());
    CHECK(f.port() == port);
    auto again = connect(f);
    boost::asio::write(again, boost::asio::buffer(std::string("GET /")));
    CHECK(wait(http1) == "GET /");
}

// A client whose connect() returned must be served, however the closing falls between accepts.
TEST_CASE_METHOD(Fixture, "what was connected before closing is accepted") {
    std::atomic<int> served{0};
    front::Receivers receivers;
    receivers.http2 = [](int, int fd, const std::string&) { ::close(fd); };
    receivers.http1 = [&](io::Stream, const std::string&) { ++served; };
    front::Front f(pool, std::move(receivers));
    REQUIRE(f.listen({"127.0.0.1", 0}));
    int connected = 0;
    for (int round = 0; round < 20; ++round) {
        std::vector<tcp::socket> sockets;
        for (int i = 0; i < 20; ++i, ++connected) sockets.push_back(connect(f));
        f.close();
        for (auto& s : sockets) boost::asio::write(s, boost::asio::buffer(std::string("GET /")));
        CHECK_EVENTUALLY(served == connected);
        REQUIRE(f.reopen());
    }
}
