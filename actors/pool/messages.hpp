// What the directories of a pool's nodes tell each other (design §4.1). Plain values; their bytes are in codec.hpp.
// Every node speaks for its own registrations only: a message about an address comes from the node that holds it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/core/mailbox_address.hpp"
#include "actors/core/rpc.hpp"

namespace rookery::pool {

// One run of one process: random, never used again after a restart. Pool scope.
using NodeId = std::uint64_t;

// A registration of the sender's: `number` orders it against those of other nodes, the sender breaks ties.
struct Claim {
    core::MailboxAddress address;
    std::uint64_t millis = 0;
    std::uint32_t counter = 0;
    friend bool operator==(const Claim&, const Claim&) = default;
};

struct Change {
    Claim claim;
    bool present = true;  // false: that registration ended
    friend bool operator==(const Change&, const Change&) = default;
};

using Key = std::array<std::uint8_t, 32>;

// How other nodes of the pool reach a node without NATS: a link to one of the addresses, to whoever proves to have the
// secret half of the key.
struct Direct {
    Key key{};
    std::vector<std::string> addresses;  // host:port; none: the node has no links
    friend bool operator==(const Direct&, const Direct&) = default;
};

// How operators and other nodes know a node.
struct Card {
    std::string name;     // of the host, at most 255 bytes
    std::string version;  // of the program, likewise
    Direct direct;
    friend bool operator==(const Card&, const Card&) = default;
};

// Every second, and at once when asked. `sequence`: of the last Announcement; count and digest: of all claims of the
// sender as they are after it.
struct Heartbeat {
    std::uint64_t sequence = 0;
    std::uint64_t count = 0;
    std::uint64_t digest = 0;
    std::uint64_t clock_millis = 0;  // the sender's hybrid clock
    bool hello = false;              // the sender has just come: answer with a Heartbeat of your own
    Card card;
    friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

// The next changes of the sender, numbered without gap.
struct Announcement {
    std::uint64_t sequence = 0;
    std::vector<Change> changes;
    friend bool operator==(const Announcement&, const Announcement&) = default;
};

// "Send me all you hold."
struct SnapshotRequest {
    friend bool operator==(const SnapshotRequest&, const SnapshotRequest&) = default;
};

// All claims of the sender after Announcement `sequence`, in `parts` messages.
struct SnapshotPart {
    std::uint64_t sequence = 0;
    std::uint32_t part = 0;  // 0 … parts - 1
    std::uint32_t parts = 1;
    std::vector<Claim> claims;
    friend bool operator==(const SnapshotPart&, const SnapshotPart&) = default;
};

// The sender leaves and holds nothing any more.
struct Goodbye {
    friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

using Message = std::variant<Heartbeat, Announcement, SnapshotRequest, SnapshotPart, Goodbye>;

struct Outgoing {
    std::optional<NodeId> to;  // nullopt: every node of the pool
    Message message;
};

// Bytes for a mailbox on another node.
struct Mail {
    core::MailboxAddress address;
    core::rpc::Bytes bytes;
    bool broadcast = false;  // the sender does not know who holds the address: whoever does not, ignores it
};

// What one node sends another in one piece, in the order in which it was posted.
struct MailBatch {
    std::uint64_t sequence = 0;  // counts the sender's batches
    std::vector<Mail> mails;
};

// A node's message to itself. When it comes back, all that was sent to the node before has come.
struct Marker {
    std::uint64_t nonce = 0;
    friend bool operator==(const Marker&, const Marker&) = default;
};

}  // namespace rookery::pool
