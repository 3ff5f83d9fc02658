#include "actors/pool/outboxes.hpp"

namespace rookery::pool {
namespace {

constexpr std::size_t batch_header = 10 + 8 + 4;  // envelope, sequence, count

}  // namespace

void Outboxes::pop(Queue& queue) {
    queue.bytes -= size_of(queue.mails.front().mail);
    queue.mails.pop_front();
}

Outboxes::Added Outboxes::add(std::optional<NodeId> to, Mail mail, core::SteadyTime now) {
    const auto size = size_of(mail);
    if (batch_header + size > max_envelope_bytes || mail.address.key.size() > max_key_bytes) {
        counters_.too_large.fetch_add(1, std::memory_order_relaxed);
        return Added::too_large;
    }
    std::lock_guard lock(mutex_);
    counters_.posted.fetch_add(1, std::memory_order_relaxed);
    auto& queue = queues_[to];
    const bool first = queue.mails.empty();
    queue.bytes += size;
    queue.mails.push_back({std::move(mail), now});
    ++waiting_;
    while (queue.mails.size() > limits_.max_mails || queue.bytes > limits_.max_bytes) {
        pop(queue);
        --waiting_;
        counters_.overflow.fetch_add(1, std::memory_order_relaxed);
    }
    return first ? Added::first : Added::more;
}

// The first queue with mail after the one that was served last.
Outboxes::Queues::iterator Outboxes::next_queue(const Serves& serves) {
    auto it = queues_.upper_bound(last_);
    for (std::size_t i = 0; i <= queues_.size(); ++i, ++it) {
        if (it == queues_.end()) it = queues_.begin();
        if (!it->second.mails.empty() && serves(it->first)) return it;
    }
    return queues_.end();
}

std::optional<Outboxes::Batch> Outboxes::take(std::size_t max_bytes, core::SteadyTime now, const Serves& serves) {
    std::lock_guard lock(mutex_);
    while (waiting_ > 0) {
        const auto it = next_queue(serves);
        if (it == queues_.end()) return std::nullopt;
        auto& [to, queue] = *it;
        last_ = to;
        Batch batch{to, {}};
        std::size_t bytes = batch_header;
        while (!queue.mails.empty()) {
            auto& front = queue.mails.front();
            const bool old = now - front.since > limits_.max_age;
            const auto size = size_of(front.mail);
            if (!old && bytes + size > max_bytes && !batch.mails.mails.empty()) break;
            if (old || batch_header + size > max_bytes) {
                (old ? counters_.too_old : counters_.too_large).fetch_add(1, std::memory_order_relaxed);
            } else {
                bytes += size;
                batch.mails.mails.push_back(front.mail);
            }
            pop(queue);
            --waiting_;
        }
        if (batch.mails.mails.empty()) continue;
        batch.mails.sequence = ++sequence_;
        counters_.batches.fetch_add(1, std::memory_order_relaxed);
        return batch;
    }
    return std::nullopt;
}

void Outboxes::forget(NodeId node) {
    std::lock_guard lock(mutex_);
    const auto it = queues_.find(node);
    if (it == queues_.end()) return;
    counters_.abandoned.fetch_add(it->second.mails.size(), std::memory_order_relaxed);
    waiting_ -= it->second.mails.size();
    queues_.erase(it);
}

std::size_t Outboxes::waiting() const {
    std::lock_guard lock(mutex_);
    return waiting_;
}

}  // namespace rookery::pool
