// The answer to an asynchronous request, carried inside the request itself: exactly one call of the receiver,
// from any thread. A request that is dropped (its actor crashed, its mailbox was torn down, a queue
// overflowed) still answers: the last copy that goes unanswered says `unavailable`. So a caller never hangs.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "actors/core/error.hpp"

namespace rookery::core {

template <class T>
class Reply {
public:
    using Receiver = std::function<void(Result<T>)>;

    Reply() = default;                                                                  // answers go nowhere
    Reply(Receiver receiver) : state_(std::make_shared<State>(std::move(receiver))) {}  // NOLINT: implicit

    void operator()(Result<T> result) const {
        if (state_) state_->answer(std::move(result));
    }

private:
    struct State {
        explicit State(Receiver r) : receiver(std::move(r)) {}
        ~State() { answer(fail(ErrorKind::unavailable, "the request was dropped before it was answered; try again")); }
        void answer(Result<T> result) {
            if (!answered.exchange(true)) receiver(std::move(result));
        }
        Receiver receiver;
        std::atomic<bool> answered{false};
    };
    std::shared_ptr<State> state_;
};

struct Done {};  // the answer of a request that has nothing to say but "done"

}  // namespace rookery::core
