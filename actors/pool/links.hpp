// A node's links to its siblings (design §4.6): whom to dial, which connection to keep, who is alive, who else there
// is. Pure: connections are numbers, fed with bytes and time; it says what to dial, write and close. One owner, who
// locks.
//
// A link belongs to two nodes that know each other's addresses and keys, from heartbeats or from a third node's list.
// The one with the lower id dials; the other only if nothing came for a while. If there are two connections all the
// same, both sides keep the one that the lower id dialed, or the newer of two alike.
//
// Bounds: connections without proof `max_unproved`; nodes `max_nodes`; what waits for a link `max_queued_bytes`, beyond
// it the newest is refused (the directory heals it; mail waits elsewhere, Outboxes).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/pool/link.hpp"
#include "actors/pool/link_view.hpp"
#include "actors/pool/routes.hpp"

namespace rookery::pool {

struct LinkSettings {
    std::chrono::milliseconds ping{1'000};
    std::chrono::milliseconds lost_after{3'000};
    std::chrono::milliseconds handshake{2'000};   // from the first attempt to the proof
    std::chrono::milliseconds dial_again{1'000};  // doubles up to
    std::chrono::milliseconds dial_rarest{15'000};
    std::chrono::milliseconds higher_waits{3'000};  // before the node with the higher id dials
    std::chrono::minutes remember{10};              // a node that has left the directory and has no link
    std::chrono::milliseconds stood_still{2'000};   // without a tick: what came meanwhile is old
    std::size_t max_unproved = 64;
    std::size_t max_nodes = 256;
    std::size_t max_queued_bytes = 8 * 1024 * 1024;
};

using Connection = std::uint64_t;

struct LinkEffects {
    struct Dial {
        Connection connection = 0;
        std::string address;
    };
    struct Received {
        NodeId from = 0;
        std::string envelope;
    };
    std::vector<Dial> dial;
    std::vector<Connection> close;
    std::vector<Connection> ready;  // take() has something
    std::vector<Received> received;
    bool routes_changed = false;
};

class Links {
public:
    // What is given here outlives it. `chance`: 0 … 1, spreads attempts.
    Links(LinkSelf self, const LinkCrypto& crypto, Routes& routes, LinkSettings settings,
          std::function<double()> chance, core::SteadyTime now);

    // The directory met a node, or lost it; a goodbye is final.
    void know(NodeId node, const Direct& direct, core::SteadyTime now, LinkEffects& effects);
    void lose(NodeId node, core::SteadyTime now);
    void departed(NodeId node, LinkEffects& effects);

    // Somebody dials us. nullopt: there are too many already.
    std::optional<Connection> accept(std::string address, core::SteadyTime now);
    void dialed(Connection connection, core::SteadyTime now, LinkEffects& effects);
    void receive(Connection connection, std::string_view bytes, core::SteadyTime now, LinkEffects& effects);
    // It ended or never came to be; closed connections are not reported.
    void ended(Connection connection, const std::string& why, core::SteadyTime now, LinkEffects& effects);
    void tick(core::SteadyTime now, LinkEffects& effects);
    // The bus came or went: siblings hear it at once.
    void bus_changed(core::SteadyTime now, LinkEffects& effects);

    // False: no link, or too much waits.
    bool send(NodeId node, std::string envelope, LinkEffects& effects);
    // The next bytes to write; empty: nothing.
    std::string take(Connection connection);
    // The node whose link this connection is. nullopt: not proved yet, or there is a better one.
    std::optional<NodeId> node_of(Connection connection) const;
    std::optional<Connection> connection_to(NodeId node) const;
    // Beside the queue: for who takes mail only when it can be written. Empty: the link has ended.
    std::string seal(Connection connection, std::string envelope);

    std::vector<LinkView> views() const;
    const LinkCounters& counters() const { return counters_; }
    std::size_t unproved() const;

private:
    struct Wire {
        Link link;
        std::string address;
        core::SteadyTime since{}, heard{}, pinged{};
        std::deque<LinkMessage> queue;
        std::size_t queued_bytes = 0;
        std::uint64_t sent = 0, received = 0;
        std::string raw;  // before anything is sealed
        bool told_hears = false;
        std::optional<std::chrono::nanoseconds> round_trip;
    };
    struct Known {
        Direct direct;
        bool in_pool = false;      // the directory knows it
        core::SteadyTime since{};  // without link
        core::SteadyTime next_dial{};
        std::uint32_t failures = 0;
        std::size_t next_address = 0;
        std::optional<Connection> dialing, up;
        std::uint64_t dropped = 0;
        std::string trouble;
    };

    Known* learn(NodeId node, const Direct& direct, core::SteadyTime now, LinkEffects& effects);
    void handle(Connection connection, Wire& wire, LinkMessage message, core::SteadyTime now, LinkEffects& effects);
    bool proved(Connection connection, Wire& wire, LinkEffects& effects);
    bool keeps(const Wire& fresh, const Wire& old) const;
    void close(Connection connection, const std::string& why, core::SteadyTime now, LinkEffects& effects);
    void gone(NodeId node, const Wire& wire, Connection connection, const std::string& why, core::SteadyTime now,
              LinkEffects& effects);
    bool push(Connection connection, Wire& wire, LinkMessage message, LinkEffects& effects);
    void ping(Connection connection, Wire& wire, core::SteadyTime now, LinkEffects& effects);
    void dial_due(core::SteadyTime now, LinkEffects& effects);
    bool wake(core::SteadyTime now, LinkEffects& effects);
    std::optional<Key> key_of(NodeId node) const;

    const LinkSelf self_;
    const LinkCrypto& crypto_;
    Routes& routes_;
    const LinkSettings settings_;
    const std::function<double()> chance_;
    core::SteadyTime ticked_;
    Connection last_ = 0;
    std::map<Connection, Wire> wires_;
    std::map<NodeId, Known> known_;
    LinkCounters counters_;
};

}  // namespace rookery::pool
