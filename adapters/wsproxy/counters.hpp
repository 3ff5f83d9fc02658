// What the tunnels of a node count; the names of the metrics are signal-relay-stun §1.11's.
#pragma once

#include <atomic>
#include <cstdint>

namespace rookery::adapters::wsproxy {

struct Counters {
    std::atomic<std::int64_t> active{0};
    std::atomic<std::uint64_t> ws_to_grpc_bytes{0};
    std::atomic<std::uint64_t> grpc_to_ws_bytes{0};
    std::atomic<std::uint64_t> ignored_texts{0};
    // Upgrades that were refused: not a WebSocket, over the limit, draining, no connection to gRPC.
    std::atomic<std::uint64_t> accept_failed{0};
    std::atomic<std::uint64_t> read_errors{0};   // the client broke off, or broke the protocol
    std::atomic<std::uint64_t> pipe_errors{0};   // gRPC took nothing in time
    std::atomic<std::uint64_t> write_errors{0};  // the client took nothing in time, or broke off
};

}  // namespace rookery::adapters::wsproxy
