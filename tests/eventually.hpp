// For tests over real sockets: what another thread is about to do is waited for, not slept for. The cores are tested
// with a driven clock and need none of this.
#pragma once

#include <chrono>
#include <thread>

namespace rookery::test {

/// Whether the condition came to hold within a time that only a hanging test reaches.
template <class Condition>
bool eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace rookery::test

/// A counter may be written just after the effect that the test has seen.
#define CHECK_EVENTUALLY(condition) CHECK(::rookery::test::eventually([&] { return static_cast<bool>(condition); }))
