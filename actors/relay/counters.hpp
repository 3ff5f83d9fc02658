// What the relay role counts on this node; read by metrics without locks. Names of the exported series: spec
// signal-relay-stun §2.20.
#pragma once

#include <atomic>
#include <cstdint>

#include "actors/core/histogram.hpp"

namespace rookery::relay {

struct RelayCounters {
    using Count = std::atomic<std::uint64_t>;

    Count peers{0};                                          // gauge: relay_peers{transport="ws"}
    core::Histogram<11> authentication{core::delay_bounds};  // relay_peer_authentication_time_milliseconds
    core::Histogram<11> store{
        core::delay_bounds};  // relay_peer_store_time_milliseconds: AuthResponse written -> routable
    Count reconnections{0};   // relay_peer_reconnections_total
    Count sent_bytes{0};      // relay_transfer_sent_bytes_total
    Count received_bytes{0};  // relay_transfer_received_bytes_total

    Count connections{0};         // gauge: WebSocket connections, authenticated or not
    Count forwarded_frames{0};    // Transport frames handed to a link
    Count dropped_unroutable{0};  // Transport frames to a peer that is not connected
    Count dropped_overflow{0};    // Transport frames dropped by a full link queue
    Count ignored_messages{0};    // legal type, unusable body
    Count refused_upgrades{0};    // not a WebSocket handshake of version 13, or refused while draining
    Count bad_handshakes{0};      // first message malformed, missing or late
    Count rejected_tokens{0};
    Count violations{0};      // links closed for breaking the protocol; includes `oversized`
    Count oversized{0};       // links closed for a message above the limit
    Count stuck{0};           // links closed because nothing could be written for too long
    Count control_floods{0};  // links closed because their requests piled up
    Count health_timeouts{0};
    Count refused_subscriptions{0};  // ids beyond the limit of a session or of the node
};

}  // namespace rookery::relay
