// Several threads that begin at the same moment.
#pragma once

#include <barrier>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace rookery::tsan {

// Runs each of `work` on a thread of its own and waits for all.
inline void together(std::vector<std::function<void()>> work) {
    std::barrier start(static_cast<std::ptrdiff_t>(work.size()));
    std::vector<std::thread> threads;
    for (auto& each : work)
        threads.emplace_back([&start, &each] {
            start.arrive_and_wait();
            each();
        });
    for (auto& thread : threads) thread.join();
}

}  // namespace rookery::tsan
