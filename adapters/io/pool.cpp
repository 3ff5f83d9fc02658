#include "adapters/io/pool.hpp"

#include <pthread.h>

#include <algorithm>

namespace rookery::adapters::io {

Pool::Pool(std::size_t threads) {
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
        auto& c = *contexts_.emplace_back(std::make_unique<Context>());
        c.thread = std::thread([&c] {
            pthread_setname_np(pthread_self(), "rookery-io");
            c.context.run();
        });
    }
}

Pool::~Pool() {
    stop();
}

asio::io_context& Pool::next() {
    return contexts_[turn_.fetch_add(1) % contexts_.size()]->context;
}

void Pool::stop() {
    for (auto& c : contexts_) c->context.stop();
    for (auto& c : contexts_)
        if (c->thread.joinable()) c->thread.join();
}

}  // namespace rookery::adapters::io
