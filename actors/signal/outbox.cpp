#include "actors/signal/outbox.hpp"

namespace rookery::signal {

std::optional<Outbox::Bytes> Outbox::open(core::SteadyTime now) {
    open_ = true;
    return next(now);
}

Outbox::Pushed Outbox::push(Bytes message, core::SteadyTime now) {
    Pushed result;
    waiting_bytes_ += message->size();
    waiting_.push_back(std::move(message));
    while (waiting_.size() > 1 && (waiting_.size() > limits_.max_messages || waiting_bytes_ > limits_.max_bytes)) {
        waiting_bytes_ -= waiting_.front()->size();
        waiting_.pop_front();
        ++result.dropped;
    }
    if (open_ && !writing_) result.write = next(now);
    return result;
}

std::optional<Outbox::Bytes> Outbox::written(core::SteadyTime now) {
    writing_ = false;
    return next(now);
}

bool Outbox::stuck(core::SteadyTime now, std::chrono::milliseconds limit) const {
    return writing_ && now - writing_since_ >= limit;
}

std::optional<Outbox::Bytes> Outbox::next(core::SteadyTime now) {
    if (waiting_.empty()) return std::nullopt;
    auto message = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= message->size();
    writing_ = true;
    writing_since_ = now;
    return message;
}

}  // namespace rookery::signal
