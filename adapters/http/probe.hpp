// Whether a port of this node answers, asked over loopback as a client would: connect, TLS where the port has it,
// `GET /`, the beginning of an answer. The status does not matter: that there is one shows that the port accepts and
// its threads run. Thread-safe; node scope. At most one probe is under way and its result is kept for a while, so that
// those who ask for health cost nothing.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "adapters/io/pool.hpp"

namespace rookery::adapters::http {

namespace asio = boost::asio;

class Probe {
public:
    using Answer = std::function<void(bool answers)>;

    struct Settings {
        std::chrono::milliseconds deadline{2'000};
        std::chrono::milliseconds kept{3'000};  // config-ops §7.2
        bool tls = false;                       // whatever the certificate: that is another question
    };

    // `port`: as bound; an unspecified address stands for loopback.
    Probe(io::Pool& pool, asio::ip::tcp::endpoint port, Settings settings);
    ~Probe();
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

    // Answers once, at once or from a pool thread. Not after the pool has stopped.
    void ask(Answer answer);

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace rookery::adapters::http
