// Both ends of a socket pair: our session on one, OpenSSL's client on the other, on a thread of its own.
#include "adapters/tls/session.hpp"

#include <fcntl.h>
#include <poll.h>

#include <future>
#include <random>

#include "tests/catch.hpp"
#include "tests/unit/adapters/tls/certificates.hpp"
#include "tests/unit/adapters/tls/client.hpp"

using namespace rookery;
using namespace rookery::adapters;
using namespace rookery::adapters::tls;
using adapters::tls::test::Client;
using adapters::tls::test::Folder;
using io::Progress;
using Step = Session::Step;

namespace {

std::shared_ptr<const Certificate> certificate() {
    static const Folder folder;
    static const auto loaded = *Certificate::load(folder.make("a"));
    return loaded;
}

struct Pair {
    Pair() {
        int fds[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) throw std::runtime_error("socketpair");
        fd = fds[0];
        client_fd = fds[1];
        session.emplace(*certificate(), fd, false);
    }
    ~Pair() { ::close(fd); }

    void wait(short event) const {
        pollfd p{fd, event, 0};
        if (::poll(&p, 1, 20'000) != 1) throw std::runtime_error("nothing happens");
    }
    Step handshake() {
        for (;;) {
            const auto step = session->handshake();
            if (step == Step::wait_readable)
                wait(POLLIN);
            else if (step == Step::wait_writable)
                wait(POLLOUT);
            else
                return step;
        }
    }
    // As many bytes, or what came before the end.
    std::string read(std::size_t size) {
        std::string all;
        std::vector<std::uint8_t> buffer(64 * 1024);
        while (all.size() < size) {
            const auto moved = session->read_some(buffer);
            if (moved.progress == Progress::later) {
                if (!session->has_unread()) wait(POLLIN);
                continue;
            }
            if (moved.progress != Progress::moved) break;
            all.append(reinterpret_cast<const char*>(buffer.data()), moved.bytes);
        }
        return all;
    }

    int fd, client_fd;
    std::optional<Session> session;
};

std::string random_text(std::size_t size) {
    std::mt19937 random(7);
    std::string text(size, '\0');
    for (auto& c : text) c = static_cast<char>(random());
    return text;
}

iovec as_iovec(std::string_view text) {
    return {const_cast<char*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("bytes go both ways after the handshake, in TLS 1.2 and 1.3") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Pair pair;
        const auto text = random_text(300'000);
        auto client = std::async(std::launch::async, [&] {
            Client c(pair.client_fd, {"h2"}, version);
            if (!c.connect()) return std::string("no handshake");
            c.write(text);
            const auto back = c.read(5);
            return back + c.selected();
        });
        REQUIRE(pair.handshake() == Step::done);
        CHECK(pair.read(text.size()) == text);
        const iovec parts[] = {as_iovec(""), as_iovec("he"), as_iovec(""), as_iovec("llo")};
        CHECK(pair.session->write_some(parts).bytes == 5);
        CHECK(client.get() == "helloh2");
        std::uint8_t byte;
        pair.wait(POLLIN);
        CHECK(pair.session->read_some({&byte, 1}).progress == Progress::ended);
        CHECK(pair.session->read_some({&byte, 1}).progress == Progress::ended);
    }
}

TEST_CASE("what is read in small pieces is all there without the socket") {
    Pair pair;
    const auto text = random_text(20'000);
    auto client = std::async(std::launch::async, [&] {
        Client c(pair.client_fd);
        const bool connected = c.connect();
        c.write(text);
        c.say_end();
        c.read(1);
        return connected;
    });
    REQUIRE(pair.handshake() == Step::done);
    std::string all;
    std::uint8_t piece[7];
    for (;;) {
        const auto moved = pair.session->read_some(piece);
        if (moved.progress == Progress::later) {
            CHECK_FALSE(pair.session->has_unread());
            pair.wait(POLLIN);
        } else if (moved.progress == Progress::moved) {
            all.append(reinterpret_cast<const char*>(piece), moved.bytes);
        } else {
            CHECK(moved.progress == Progress::ended);
            break;
        }
    }
    CHECK(all == text);
    pair.session->say_end();
    ::shutdown(pair.fd, SHUT_WR);
    CHECK(client.get());
}

TEST_CASE("what a full socket does not take is held back, and nothing is taken meanwhile") {
    Pair pair;
    const int small = 4096;
    ::setsockopt(pair.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    const auto text = random_text(400'000);
    std::promise<void> go;
    auto client = std::async(std::launch::async, [&, ready = go.get_future()]() mutable {
        Client c(pair.client_fd);
        if (!c.connect()) return std::string();
        ready.wait();
        return c.read(text.size());
    });
    REQUIRE(pair.handshake() == Step::done);
    // Cut into parts of all sizes, as frames are.
    std::vector<iovec> parts;
    for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size * 3 % 20'011 + 1)
        parts.push_back(as_iovec(std::string_view(text).substr(at, size)));
    std::size_t taken = pair.session->write_some(parts).bytes;
    CHECK(taken > 0);
    CHECK(taken < text.size());
    CHECK(pair.session->holds_back());
    const auto more = as_iovec("more");
    CHECK(pair.session->write_some({&more, 1}).progress == Progress::later);
    go.set_value();
    while (taken < text.size() || pair.session->holds_back()) {
        pair.wait(POLLOUT);
        const auto rest = as_iovec(std::string_view(text).substr(taken));
        taken += rest.iov_len > 0 ? pair.session->write_some({&rest, 1}).bytes : (pair.session->flush(), 0);
    }
    CHECK(client.get() == text);
}

TEST_CASE("a client may change its keys, and gets an answer") {
    Pair pair;
    auto client = std::async(std::launch::async, [&] {
        Client c(pair.client_fd);
        if (!c.connect()) return std::string("no handshake");
        c.write("a");
        SSL_key_update(c.ssl(), SSL_KEY_UPDATE_REQUESTED);
        c.write("b");
        return c.read(2);
    });
    REQUIRE(pair.handshake() == Step::done);
    CHECK(pair.read(2) == "ab");
    const auto text = as_iovec("cd");
    CHECK(pair.session->write_some({&text, 1}).bytes == 2);
    CHECK(client.get() == "cd");
}

TEST_CASE("renegotiation is refused, and the connection goes on without it") {
    Pair pair;
    auto client = std::async(std::launch::async, [&] {
        Client c(pair.client_fd, {}, TLS1_2_VERSION);
        if (!c.connect()) return std::string("no handshake");
        SSL_renegotiate(c.ssl());
        SSL_do_handshake(c.ssl());
        return std::string("asked");
    });
    REQUIRE(pair.handshake() == Step::done);
    CHECK(pair.read(1).empty());  // the client gives up; no new handshake was made
    CHECK(client.get() == "asked");
}

TEST_CASE("TLS 1.1 is refused") {
    Pair pair;
    auto client = std::async(std::launch::async, [&] {
        Client c(pair.client_fd, {}, TLS1_1_VERSION);
        SSL_set_security_level(c.ssl(), 0);
        return c.connect();
    });
    CHECK(pair.handshake() == Step::failed);
    CHECK(pair.session->failure() == "unsupported protocol");
    CHECK_FALSE(client.get());
}

TEST_CASE("no common protocol is refused with its own alert") {
    Pair pair;
    auto client = std::async(std::launch::async, [&] {
        Client c(pair.client_fd, {"smtp"});
        c.connect();
        return std::string(ERR_reason_error_string(ERR_peek_last_error()));
    });
    CHECK(pair.handshake() == Step::failed);
    CHECK(client.get() == "tlsv1 alert no application protocol");
}

TEST_CASE("garbage, a hello that is cut short and one without end fail the handshake") {
    const auto outcome = [](const std::string& bytes, bool hang_up) {
        Pair pair;
        std::thread writer([&] {
            for (std::string_view rest = bytes; !rest.empty();) {
                const auto n = ::send(pair.client_fd, rest.data(), rest.size(), MSG_NOSIGNAL);
                if (n <= 0) break;
                rest.remove_prefix(static_cast<std::size_t>(n));
            }
            if (hang_up) ::shutdown(pair.client_fd, SHUT_WR);
        });
        const auto step = pair.handshake();
        ::shutdown(pair.fd, SHUT_RDWR);
        writer.join();
        ::close(pair.client_fd);
        return step == Step::failed ? pair.session->failure() : "not failed";
    };
    CHECK(outcome("GET / HTTP/1.1\r\n\r\n", false) == "http request");
    CHECK(outcome(std::string("\x16\x03\x01\x00\x05zzzzz", 10), false) != "not failed");
    CHECK(outcome(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), true) == "the client hung up");
    CHECK(outcome(random_text(1000), false) != "not failed");
    // A hello of 100,000 bytes, in records of 16,000.
    std::string endless = std::string("\x16\x03\x01\x3e\x80\x01\x01\x86\xa0\x03\x03", 11) + std::string(15'994, 'x');
    for (int i = 0; i < 6; ++i) endless += std::string("\x16\x03\x01\x3e\x80", 5) + std::string(16'000, 'x');
    CHECK(outcome(endless, false) == "the handshake is too large");
}

TEST_CASE("bytes changed on the way break the session") {
    Pair pair;
    auto client = std::async(std::launch::async, [&] {
        Client c(pair.client_fd);
        const bool connected = c.connect();
        const std::string forged = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
        ::send(pair.client_fd, forged.data(), forged.size(), MSG_NOSIGNAL);
        c.read(1);
        return connected;
    });
    REQUIRE(pair.handshake() == Step::done);
    CHECK(pair.read(1).empty());
    std::uint8_t byte;
    CHECK(pair.session->read_some({&byte, 1}).progress == Progress::broken);
    const auto text = as_iovec("x");
    CHECK(pair.session->write_some({&text, 1}).progress == Progress::broken);
    ::shutdown(pair.fd, SHUT_RDWR);
    CHECK(client.get());
}
