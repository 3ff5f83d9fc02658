// Messages on their way to one agent's stream: pure. One write at a time, order kept.
// Bound: `max_messages` and `max_bytes` waiting behind the write under way; overflow drops the oldest, which the
// agents repeat by themselves (SG-8).
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "actors/core/clock.hpp"
#include "actors/core/rpc.hpp"

namespace rookery::signal {

struct OutboxLimits {
    std::size_t max_messages = 512;
    std::size_t max_bytes = 4 * 1024 * 1024;
};

class Outbox {
public:
    using Bytes = core::rpc::Bytes;

    explicit Outbox(OutboxLimits limits = {}) : limits_(limits) {}

    // Nothing is written before open().
    std::optional<Bytes> open(core::SteadyTime now);

    struct Pushed {
        std::optional<Bytes> write;  // start writing this now
        std::size_t dropped = 0;
    };
    Pushed push(Bytes message, core::SteadyTime now);

    // The write under way is done; what to write next, if anything.
    std::optional<Bytes> written(core::SteadyTime now);

    bool writing() const { return writing_; }
    // The write under way has waited at least `limit` for the agent to read.
    bool stuck(core::SteadyTime now, std::chrono::milliseconds limit) const;

private:
    std::optional<Bytes> next(core::SteadyTime now);

    const OutboxLimits limits_;
    std::deque<Bytes> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool open_ = false;
    bool writing_ = false;
    core::SteadyTime writing_since_{};
};

}  // namespace rookery::signal
