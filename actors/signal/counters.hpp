// What the Signal role counts (names: spec signal-relay-stun §1.11). Node scope; any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace rookery::signal {

struct Counters {
    std::atomic<std::int64_t> active_peers{0};
    std::atomic<std::uint64_t> registrations{0};
    std::atomic<std::uint64_t> deregistrations{0};
    std::atomic<std::uint64_t> missing_id{0};  // registration_failures_total{error="missing_id"}
    std::atomic<std::uint64_t> messages_forwarded{0};
    std::atomic<std::uint64_t> not_connected{0};  // message_forward_failures_total{type=…}
    std::atomic<std::uint64_t> timeouts{0};
    std::atomic<std::uint64_t> disconnected{0};
    std::atomic<std::uint64_t> overflow{0};  // ours: dropped from a full outbox, oldest first
};

}  // namespace rookery::signal
