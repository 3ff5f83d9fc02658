// A setting that may change while the node runs (log levels, rate limits): read by any thread, at the cost of one
// relaxed load, and set by whoever watches for its new value. Node scope. A reader may see the old value once more;
// no other memory is ordered by it.
#pragma once

#include <atomic>

namespace rookery::core {

template <class T>
class Cell {
public:
    constexpr explicit Cell(T value) : value_(value) {}

    T get() const noexcept { return value_.load(std::memory_order_relaxed); }
    void set(T value) noexcept { value_.store(value, std::memory_order_relaxed); }

private:
    static_assert(std::atomic<T>::is_always_lock_free);
    std::atomic<T> value_;
};

}  // namespace rookery::core
