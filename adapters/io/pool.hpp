// The node's I/O threads: one Asio context per thread, so that what lives on one context needs no locks among
// itself. Asio waits and accepts; byte paths read and write the descriptors themselves.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace rookery::adapters::io {

namespace asio = boost::asio;

class Pool {
public:
    explicit Pool(std::size_t threads);
    ~Pool();  // stop()
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Contexts in turn, for new connections.
    asio::io_context& next();
    // The context for listeners, timers and whatever there is one of.
    asio::io_context& main() { return contexts_.front()->context; }

    // Ends the threads; handlers that did not run are dropped. Must not be called from a pool thread.
    void stop();

private:
    struct Context {
        asio::io_context context{1};
        asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
        std::thread thread;
    };
    std::vector<std::unique_ptr<Context>> contexts_;
    std::atomic<std::size_t> turn_{0};
};

}  // namespace rookery::adapters::io
