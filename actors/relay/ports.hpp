// The border between the actors of the relay and whatever carries its messages (adapters/relay now; trunks
// between nodes later). Neither side sees the other's libraries.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/core/local_table.hpp"
#include "actors/relay/peer_id.hpp"

namespace rookery::relay {

// Why a link ended. The first reason given counts.
enum class CloseReason : std::uint8_t {
    peer_closed,     // the agent said Close or ended the connection
    io_error,        // the connection broke
    violation,       // the agent broke the protocol
    displaced,       // a newer session of the same peer
    health_timeout,  // no answer to health checks
    stuck,           // nothing could be written for too long
    control_flood,   // more requests than the node takes in
    shutdown,        // this node ends its links
    actor_ended,     // the link's actor is gone
};
const char* to_string(CloseReason reason) noexcept;

// A Transport message that is ready for the wire, stamped with its source: a WebSocket server header of
// `header` bytes, then the relay message. Lives only as long as the call it is given to.
struct Frame {
    const std::uint8_t* data;
    std::uint32_t size;    // header and message
    std::uint32_t header;  // bytes before the message
};

// The outgoing side of one link. Thread-safe; no call blocks. Calls after close() do nothing.
class FrameTarget {
public:
    virtual ~FrameTarget() = default;
    // Transport frames, in order; may drop the newest when its queue is full.
    virtual void deliver(std::span<const Frame> frames) = 0;
    // Control messages (without WebSocket header), in order; never dropped while the link lives.
    virtual void send(std::span<const std::string> messages) = 0;
    // Ends the connection at once, without a Close message.
    virtual void close(CloseReason reason) = 0;
    // HealthCheck messages received so far.
    virtual std::uint32_t health_answers() const = 0;
};

// Peer id (36 bytes) -> link of this node. Written by the presence actor alone.
using Routes = core::LocalTable<FrameTarget>;

// What a link tells its actor. Called from I/O threads, one call at a time for one link; must not block.
class LinkEvents {
public:
    virtual ~LinkEvents() = default;
    // One Subscribe or Unsubscribe message. false: too many are waiting, end the link.
    virtual bool subscribe(std::vector<PeerId> ids) = 0;
    virtual bool unsubscribe(std::vector<PeerId> ids) = 0;
    // The last call.
    virtual void closed(CloseReason reason) = 0;
};

struct LinkInfo {
    PeerId id;
    std::string remote;       // "1.2.3.4:567", "[::1]:567"
    core::SteadyTime opened;  // AuthResponse written
};

// Takes over a link whose AuthResponse is written; from here on it can be routed to.
class LinkOpener {
public:
    virtual ~LinkOpener() = default;
    virtual std::shared_ptr<LinkEvents> open(LinkInfo info, std::shared_ptr<FrameTarget> target) = 0;
};

}  // namespace rookery::relay
