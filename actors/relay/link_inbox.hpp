// Carries a link's requests from its I/O thread to its actor. The actor's mailbox holds at most one wake-up per
// link, however much the agent sends.
// Bound: `limit` waiting entries (a message and every id in it count one each). Overflow rule: refuse, the
// adapter ends the link (RelayCounters::control_floods).
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "actors/relay/ports.hpp"

namespace rookery::relay {

// One Subscribe or Unsubscribe message.
struct PeerStateRequest {
    bool subscribe = true;
    std::vector<PeerId> ids;
};

class LinkInbox : public LinkEvents {
public:
    static constexpr std::size_t default_limit = 32'768;

    explicit LinkInbox(std::size_t limit = default_limit) : limit_(limit) {}

    bool subscribe(std::vector<PeerId> ids) override { return put({true, std::move(ids)}); }
    bool unsubscribe(std::vector<PeerId> ids) override { return put({false, std::move(ids)}); }
    void closed(CloseReason reason) override {
        std::lock_guard lock(mutex_);
        closed_ = reason;
        wake();
    }

    struct Content {
        std::vector<PeerStateRequest> requests;  // oldest first
        std::optional<CloseReason> closed;       // after the requests
    };

    // `wake` is called when there is something to take and was not before; at once if there is already.
    void attach(std::function<void()> wake) {
        std::lock_guard lock(mutex_);
        wake_ = std::move(wake);
        if (weight_ > 0 || closed_) this->wake();
    }
    // After this, entries are kept by nobody.
    void detach() {
        std::function<void()> last;  // destroyed without the lock: it may own the actor
        std::lock_guard lock(mutex_);
        last.swap(wake_);
        detached_ = true;
        waiting_.clear();
    }
    Content take() {
        std::lock_guard lock(mutex_);
        weight_ = 0;
        return {std::exchange(waiting_, {}), closed_};
    }

private:
    bool put(PeerStateRequest request) {
        std::lock_guard lock(mutex_);
        if (detached_) return true;
        const auto weight = 1 + request.ids.size();
        if (weight_ + weight > limit_) return false;
        const bool was_empty = weight_ == 0;
        weight_ += weight;
        waiting_.push_back(std::move(request));
        if (was_empty) wake();
        return true;
    }
    void wake() const {
        if (wake_) wake_();
    }

    const std::size_t limit_;
    std::mutex mutex_;
    std::vector<PeerStateRequest> waiting_;
    std::size_t weight_ = 0;
    std::optional<CloseReason> closed_;
    std::function<void()> wake_;
    bool detached_ = false;
};

}  // namespace rookery::relay
