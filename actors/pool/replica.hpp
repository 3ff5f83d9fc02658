// One node's replica of the pool's directory (design §4.1–4.4, 4.9): a state machine that is fed with messages and
// time and says what to send, whom to end, and what changed. Pure; one actor owns it.
//
// Every node is the only authority for its own claims and numbers its announcements without gap. Whoever misses one,
// or whose digest of a node differs from what that node's heartbeat says, asks that node for all it holds. So there is
// no coordinator and no quorum, and what the network loses, repeats or reorders is healed within two heartbeats. The
// newest claim of an address wins on every node alike; the node that holds an older one ends that session itself.
//
// Bounds: announcements that arrive ahead of a gap: `max_ahead` per node, then they are dropped and all of that node's
// claims are asked for instead. Nodes: `max_nodes`; beyond, newcomers are ignored and counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/core/hlc.hpp"
#include "actors/pool/claims.hpp"
#include "actors/pool/effects.hpp"
#include "actors/pool/messages.hpp"

namespace rookery::pool {

struct ReplicaSettings {
    std::chrono::milliseconds heartbeat{1'000};
    std::chrono::milliseconds lost_after{3'000};   // without a heartbeat: the node is gone, with its claims
    std::chrono::milliseconds join_window{1'500};  // after coming (back): until then a miss says nothing
    std::chrono::milliseconds gap_patience{300};   // a missing announcement may still come this long
    std::chrono::milliseconds retry{1'000};        // an unanswered snapshot request is repeated
    std::size_t changes_per_announcement = 500;
    std::size_t claims_per_part = 500;
    std::size_t max_ahead = 1'024;
    std::size_t max_nodes = 256;
};

struct ReplicaCounters {
    std::uint64_t announcements = 0;  // applied
    std::uint64_t repeated = 0;       // seen before
    std::uint64_t gaps = 0;           // a missing announcement did not come in time
    std::uint64_t digest_mismatches = 0;
    std::uint64_t snapshots_requested = 0;
    std::uint64_t snapshots_sent = 0;
    std::uint64_t nodes_lost = 0;
    std::uint64_t nodes_refused = 0;  // beyond max_nodes
    std::uint64_t displaced = 0;
};

// Where an address is.
enum class Place {
    here,
    elsewhere,
    nowhere,  // settled: it is not connected
    unknown,  // not settled: it may be anywhere, ask everybody
};

class Replica {
public:
    Replica(NodeId self, Card card, ReplicaSettings settings, core::SteadyTime now);

    // This node's sessions. The number is above every one ever seen; announced with the next flush().
    core::RegistrationNumber add(const core::MailboxAddress& address, core::WallTime now, Effects& effects);
    // Compare and delete; false: the address has a newer claim or none.
    bool remove(const core::MailboxAddress& address, const core::RegistrationNumber& number, Effects& effects);

    // Those of this node's claims that have lost their session.
    void remove_if(const std::function<bool(const core::MailboxAddress&)>& lost, Effects& effects);

    void receive(NodeId from, Message message, core::SteadyTime now, Effects& effects);
    // Sends the changes that have gathered. Call it soon after the first of them.
    void flush(Effects& effects);
    bool has_changes() const { return !changes_.empty(); }
    // Heartbeats, lost nodes, gaps, unanswered requests. Call it every 100 ms or so.
    void tick(core::SteadyTime now, Effects& effects);

    // The way to the other nodes is there (again): introduce yourself.
    void connected(core::SteadyTime now, Effects& effects);
    void disconnected();
    // This process stood still for so long that the others may have given it up: nothing known of them counts.
    void resumed(core::SteadyTime now, Effects& effects);
    void leave(Effects& effects);
    bool is_connected() const { return connected_; }
    // How the others reach this node directly; they hear it with the next heartbeat.
    void advertise(Direct direct) { card_.direct = std::move(direct); }
    // Something of `node` came by another way than its messages.
    void alive(NodeId node, core::SteadyTime heard);

    struct Found {
        Place place = Place::unknown;
        NodeId node = 0;  // elsewhere
    };
    Found find(const core::MailboxAddress& address, core::SteadyTime now) const;

    // True: all of every known node is here, so an address that is not is nowhere.
    bool settled(core::SteadyTime now) const;

    struct Sibling {
        NodeId node = 0;
        Card card;
        std::uint64_t claims = 0;
        bool complete = false;
        core::SteadyTime heard{};
    };
    std::vector<Sibling> siblings() const;
    Summary summary(NodeId node) const { return claims_.summary(node); }
    std::size_t addresses() const { return claims_.addresses(); }
    const ReplicaCounters& counters() const { return counters_; }
    NodeId self() const { return self_; }
    const Card& card() const { return card_; }

private:
    struct Collected {  // parts of a snapshot on its way in
        std::uint64_t sequence = 0;
        std::uint32_t parts = 0;
        std::map<std::uint32_t, std::vector<Claim>> by_part;
    };
    struct Node {
        Card card;
        bool complete = false;  // all announcements up to `applied` are applied to a full snapshot
        std::uint64_t applied = 0;
        std::uint64_t promised = 0;  // the highest sequence heard of
        core::SteadyTime heard{};
        std::optional<core::SteadyTime> behind_since;
        core::SteadyTime asked{};  // last snapshot request
        std::map<std::uint64_t, std::vector<Change>> ahead;
        std::optional<Collected> collected;
    };

    void on(NodeId from, Node& node, const Heartbeat& heartbeat, core::SteadyTime now, Effects& effects);
    void on(NodeId from, Node& node, Announcement announcement, core::SteadyTime now, Effects& effects);
    void on(NodeId from, Node& node, SnapshotPart part, core::SteadyTime now, Effects& effects);
    void send_snapshot(NodeId to, Effects& effects);

    Node* meet(NodeId from, core::SteadyTime now, Effects& effects);
    void ask(NodeId from, Node& node, core::SteadyTime now, Effects& effects);
    void apply(NodeId from, const Change& change, Effects& effects);
    void catch_up(NodeId from, Node& node, core::SteadyTime now, Effects& effects);
    void replace(NodeId from, const std::vector<Claim>& claims, Effects& effects);
    void forget(NodeId node, Effects& effects);
    void observe(std::uint64_t millis, std::uint32_t counter);
    Heartbeat heartbeat(bool hello) const;
    void note(const core::MailboxAddress& address, const Claims::Outcome& outcome, Effects& effects);

    const NodeId self_;
    Card card_;
    const ReplicaSettings settings_;
    core::HybridClock clock_;
    std::uint64_t clock_millis_ = 0;
    Claims claims_;
    std::map<NodeId, Node> nodes_;  // the others
    std::vector<Change> changes_;   // own, not yet announced
    std::uint64_t sequence_ = 0;    // of the last announcement
    bool connected_ = false;
    core::SteadyTime joined_;  // the join window ends then
    core::SteadyTime next_heartbeat_;
    std::map<NodeId, core::SteadyTime> departed_;  // said goodbye: late messages do not bring them back
    ReplicaCounters counters_;
};

}  // namespace rookery::pool
