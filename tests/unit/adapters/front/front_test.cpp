#include "adapters/front/front.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>

#include "tests/catch.hpp"
#include "tests/eventually.hpp"

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
