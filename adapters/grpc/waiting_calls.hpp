// Calls whose client has yet to send its request: one that never does would be held for as long as its connection
// lives. No gRPC in here; thread-safe. Node scope.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <utility>

#include "actors/core/clock.hpp"

namespace rookery::adapters::grpc {

class WaitingCalls {
    struct Call {
        core::SteadyTime deadline;
        std::function<void()> cancel;
        bool cancelled = false;
    };
    using List = std::list<Call>;

public:
    using Place = List::iterator;

    explicit WaitingCalls(std::chrono::milliseconds limit) : limit_(limit) {}

    // `cancel` is called at most once, and not after remove() has returned.
    Place add(core::SteadyTime now, std::function<void()> cancel) {
        std::lock_guard lock(mutex_);
        return waiting_.insert(waiting_.end(), {now + limit_, std::move(cancel), false});
    }
    void remove(Place place) {
        std::lock_guard lock(mutex_);
        (place->cancelled ? cancelled_ : waiting_).erase(place);
    }

    // Cancels those whose time is over and returns their number. A cancelled call must not come back here
    // on this thread.
    std::size_t cancel_overdue(core::SteadyTime now) {
        std::lock_guard lock(mutex_);
        std::size_t count = 0;
        // The limit is one for all, so the oldest is the first.
        for (; !waiting_.empty() && waiting_.front().deadline <= now; ++count) {
            waiting_.front().cancel();
            waiting_.front().cancelled = true;
            cancelled_.splice(cancelled_.end(), waiting_, waiting_.begin());
        }
        return count;
    }

private:
    const std::chrono::milliseconds limit_;
    std::mutex mutex_;
    List waiting_;
    List cancelled_;  // until they are removed
};

}  // namespace rookery::adapters::grpc
