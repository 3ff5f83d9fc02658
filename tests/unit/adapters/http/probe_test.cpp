// The probe against ports that answer, that do not, and that are not there.
#include "adapters/http/probe.hpp"

#include <atomic>
#include <future>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "tests/catch.hpp"

namespace rookery::adapters::http {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

// Accepts, says its words and closes; without words it keeps silent.
class Port {
public:
    Port(io::Pool& pool, std::string words)
        : acceptor_(pool.main(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)), words_(std::move(words)) {
        accept();
    }
    tcp::endpoint where() const { return acceptor_.local_endpoint(); }
    std::atomic<int> connections{0};

private:
    void accept() {
        acceptor_.async_accept([this](const auto& error, tcp::socket socket) {
            if (error) return;
            ++connections;
            boost::system::error_code ignored;
            if (words_.empty())
                silent_.push_back(std::move(socket));
            else
                asio::write(socket, asio::buffer(words_), ignored);
            accept();
        });
    }
    tcp::acceptor acceptor_;
    const std::string words_;
    std::vector<tcp::socket> silent_;
};

bool ask(Probe& probe) {
    auto answer = std::make_shared<std::promise<bool>>();
    probe.ask([answer](bool answers) { answer->set_value(answers); });
    return answer->get_future().get();
}

Probe::Settings fresh(std::chrono::milliseconds deadline = 10s, bool tls = false) {
    return {.deadline = deadline, .kept = 0ms, .tls = tls};
}

struct Fixture {
    io::Pool pool{1};
    ~Fixture() { pool.stop(); }
};

TEST_CASE_METHOD(Fixture, "a port that speaks HTTP answers, whatever it says") {
    Port port(pool, "HTTP/1.1 404 Not Found\r\n\r\n");
    Probe probe(pool, port.where(), fresh());
    CHECK(ask(probe));
    Probe anywhere(pool, {asio::ip::address_v4::any(), port.where().port()}, fresh());
    CHECK(ask(anywhere));
    pool.stop();
}

TEST_CASE_METHOD(Fixture, "garbage, silence and a closed port are no answer") {
    Port garbage(pool, "SSH-2.0-something-else");
    Probe wrong(pool, garbage.where(), fresh());
    CHECK_FALSE(ask(wrong));
    Port silence(pool, "");
    Probe waits(pool, silence.where(), fresh(50ms));
    CHECK_FALSE(ask(waits));
    tcp::acceptor gone(pool.main(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const auto nowhere = gone.local_endpoint();
    gone.close();
    Probe refused(pool, nowhere, fresh());
    CHECK_FALSE(ask(refused));
    pool.stop();
}

TEST_CASE_METHOD(Fixture, "a port that is to speak TLS and does not, or is silent, does not answer") {
    Port cleartext(pool, "HTTP/1.1 200 OK\r\n\r\n");
    Probe tls(pool, cleartext.where(), fresh(10s, true));
    CHECK_FALSE(ask(tls));
    Port silence(pool, "");
    Probe waits(pool, silence.where(), fresh(50ms, true));
    CHECK_FALSE(ask(waits));
    pool.stop();
}

TEST_CASE_METHOD(Fixture, "those who ask at once share one connection, and its result is kept") {
    Port port(pool, "HTTP/1.1 200 OK\r\n\r\n");
    Probe probe(pool, port.where(), {.deadline = 10s, .kept = 1h});
    std::atomic<int> answers{0};
    for (int i = 0; i < 10; ++i) probe.ask([&](bool yes) { answers += yes ? 1 : 0; });
    CHECK(ask(probe));
    CHECK(ask(probe));
    CHECK(answers == 10);
    CHECK(port.connections == 1);
    pool.stop();
}

}  // namespace
}  // namespace rookery::adapters::http
