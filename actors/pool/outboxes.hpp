// Mail that waits for the way to other nodes: one queue per node, taken as batches by whoever owns the way. A batch
// is what gathered while the one before was being sent, so it grows with the load and nothing waits on a timer.
//
// Bounds per node: `max_mails` and `max_bytes`; overflow drops the oldest, which agents repeat. Mail that waited longer
// than `max_age` (the way was gone) is dropped when it is taken. Nodes: as many as the directory knows.
// Thread-safe. Node scope.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "actors/core/clock.hpp"
#include "actors/pool/codec.hpp"
#include "actors/pool/messages.hpp"

namespace rookery::pool {

struct OutboxLimits {
    std::size_t max_mails = 16'384;
    std::size_t max_bytes = 16 * 1024 * 1024;
    std::chrono::milliseconds max_age{3'000};
};

struct OutboxCounters {
    std::atomic<std::uint64_t> posted{0};
    std::atomic<std::uint64_t> batches{0};
    std::atomic<std::uint64_t> overflow{0};  // dropped, oldest first
    std::atomic<std::uint64_t> too_old{0};
    std::atomic<std::uint64_t> too_large{0};  // would not fit into an envelope
    std::atomic<std::uint64_t> abandoned{0};  // the receiver is gone
};

class Outboxes {
public:
    explicit Outboxes(OutboxLimits limits = {}) : limits_(limits) {}

    enum class Added {
        first,  // nothing waited for that node before it: the owner of the way must be told
        more,
        too_large,
    };
    // `to`: nullopt: every node.
    Added add(std::optional<NodeId> to, Mail mail, core::SteadyTime now);

    struct Batch {
        std::optional<NodeId> to;
        MailBatch mails;
    };
    using Serves = std::function<bool(std::optional<NodeId>)>;
    // The next batch of at most `max_bytes` as an envelope, of those queues that `serves` names; nodes take turns.
    // nullopt: nothing waits there.
    std::optional<Batch> take(std::size_t max_bytes, core::SteadyTime now, const Serves& serves = everybody);
    static bool everybody(std::optional<NodeId>) { return true; }

    // The node is gone: what waits for it is dropped.
    void forget(NodeId node);

    std::size_t waiting() const;
    const OutboxCounters& counters() const { return counters_; }

private:
    struct Waiting {
        Mail mail;
        core::SteadyTime since;
    };
    struct Queue {
        std::deque<Waiting> mails;
        std::size_t bytes = 0;
    };
    using Queues = std::map<std::optional<NodeId>, Queue>;
    static std::size_t size_of(const Mail& mail) {
        return mail_overhead + mail.address.key.size() + mail.bytes->size();
    }
    static void pop(Queue& queue);
    Queues::iterator next_queue(const Serves& serves);

    const OutboxLimits limits_;
    mutable std::mutex mutex_;
    Queues queues_;
    std::optional<NodeId> last_;  // whose turn it was
    std::size_t waiting_ = 0;
    std::uint64_t sequence_ = 0;
    OutboxCounters counters_;
};

}  // namespace rookery::pool
