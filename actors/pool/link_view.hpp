// The links of a node as operators see them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "actors/pool/routes.hpp"

namespace rookery::pool {

enum class LinkState { up, dialing, down };

// One node that this one knows: its link, or that there is none.
struct LinkView {
    NodeId node = 0;
    LinkState state = LinkState::down;
    Way way = Way::none;  // of what is sent to it now
    std::string address;  // of the other side; while down: where it is dialed
    bool dialed = false;  // by this node
    std::optional<std::chrono::nanoseconds> round_trip;
    std::uint64_t queued_bytes = 0;  // sealed next
    std::uint64_t sent = 0;          // envelopes, of this link
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;  // envelopes to the node: too much waited, or the link ended before them
    std::string trouble;        // why the last attempt failed or the last link ended
};

// Of all links of a node, since its start.
struct LinkCounters {
    std::atomic<std::uint64_t> opened{0};
    std::atomic<std::uint64_t> lost{0};     // were up, and ended
    std::atomic<std::uint64_t> failed{0};   // dialed in vain
    std::atomic<std::uint64_t> refused{0};  // greeted or sealed wrongly
    std::atomic<std::uint64_t> slow{0};     // did not prove who they are in time
    std::atomic<std::uint64_t> full{0};     // more connections than are kept without proof
    std::atomic<std::uint64_t> sent{0};     // envelopes
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> dropped{0};  // envelopes: too much waited, or the link ended before them
};

}  // namespace rookery::pool
