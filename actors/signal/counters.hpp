// What the Signal role counts (names: spec signal-relay-stun §1.11). Node scope; any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "actors/core/histogram.hpp"

namespace rookery::signal {

inline constexpr std::array<double, 9> connection_bounds{1, 60, 600, 3600, 7200, 21600, 43200, 86400, 172800};
inline constexpr std::array<double, 10> size_bounds{100, 250, 500, 1000, 5000, 10000, 50000, 100000, 500000, 1000000};

struct Counters {
    std::atomic<std::int64_t> active_peers{0};
    core::Histogram<9> connection{connection_bounds};  // peer_connection_duration_seconds
    std::atomic<std::uint64_t> registrations{0};
    std::atomic<std::uint64_t> deregistrations{0};  // registered streams that ended
    std::atomic<std::uint64_t> missing_id{0};       // registration_failures_total{error="missing_id"}
    std::atomic<std::uint64_t> not_registered{0};   // … {error="failed_registration"}: ended by this side before
    core::Histogram<11> registration{core::delay_bounds};  // registration_delay_milliseconds: call -> registered

    std::atomic<std::uint64_t> messages_forwarded{0};
    std::atomic<std::uint64_t> malformed{0};      // message_forward_failures_total{type="error"}
    std::atomic<std::uint64_t> not_connected{0};  // message_forward_failures_total{type=…}
    std::atomic<std::uint64_t> timeouts{0};
    std::atomic<std::uint64_t> disconnected{0};
    core::Histogram<11> found{core::delay_bounds};      // get_registration_delay_milliseconds{status="found"}
    core::Histogram<11> not_found{core::delay_bounds};  // … {status="not_found"}
    core::Histogram<11> forward{core::delay_bounds};    // message_forward_latency_milliseconds: Send -> stream
    core::Histogram<10> size{size_bounds};              // message_size_bytes
    std::atomic<std::uint64_t> sent_to_nodes{0};        // ours: to the node that holds the receiver
    std::atomic<std::uint64_t> asked_all_nodes{0};      // ours: to every node, since the holder was not known
    std::atomic<std::uint64_t> overflow{0};             // ours: dropped from a full outbox, oldest first
};

}  // namespace rookery::signal
