// What the Management role counts (names: spec flow-events §11.1). Node scope; any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "actors/core/histogram.hpp"

namespace rookery::management {

inline constexpr std::array<double, 12> map_bounds{0.1, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000};
inline constexpr std::array<double, 8> map_object_bounds{50, 100, 200, 500, 1000, 2500, 5000, 10000};
inline constexpr std::array<double, 15> fan_out_bounds{0.5, 1,   2.5,  5,    10,   25,    50,   100,
                                                       250, 500, 1000, 2500, 5000, 10000, 30000};

struct Counters {
    using Count = std::atomic<std::uint64_t>;
    using Gauge = std::atomic<std::int64_t>;

    // Agents' calls: management_grpc_…
    Count sync_requests{0};
    Count sync_blocked{0};  // refused: too many are in their request phase
    Count logins{0};
    Count key_requests{0};
    Gauge streams{0};                                 // grpc_connected_streams_ratio
    core::Histogram<15> sync{core::default_bounds};   // request -> first map handed to the transport
    core::Histogram<15> login{core::default_bounds};  // request -> answer

    // Accounts: management_account_…
    Gauge accounts{0};                                  // ours: whose actor runs here
    Gauge peers{0};                                     // ours: of these accounts
    core::Histogram<12> map{map_bounds};                // get_peer_network_map_duration_ms_milliseconds
    core::Histogram<8> map_objects{map_object_bounds};  // network_map_object_count_objects
    core::Histogram<15> fan_out{fan_out_bounds};        // update_account_peers_duration_ms_milliseconds
    Count meta_updates{0};                              // peer_meta_update_counter_total

    // peer_status_update_counter_total{operation,outcome}
    struct StatusUpdates {
        Count applied{0};
        Count stale{0};           // of a stream that a newer one replaced
        Count peer_not_found{0};  // deleted meanwhile
    };
    StatusUpdates connects, disconnects;

    // The store.
    core::Histogram<15> transaction{core::default_bounds};  // store_transaction_duration_ms_milliseconds
    Count store_errors{0};                                  // ours: calls that failed for a reason of the store's own
};

}  // namespace rookery::management
