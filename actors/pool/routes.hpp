// Which way to which node: the bus (NATS) as long as both sides reach it and hear each other over it, else the link, if
// there is one. The links write it, whoever sends reads it. Thread-safe; node scope.
// Bound: the nodes that the directory or a link knows.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/pool/messages.hpp"

namespace rookery::pool {

enum class Way { none, bus, link };

class Routes {
public:
    // A node says something over the bus every second.
    static constexpr std::chrono::milliseconds bus_patience{2'000};

    void set_bus(bool connected);
    bool bus() const;

    void heard_over_bus(NodeId node, core::SteadyTime now);
    bool hears_over_bus(NodeId node, core::SteadyTime now) const;
    void forget(NodeId node);  // what was heard of it

    // The link to `node` is there, and so is its word. True: its way may have changed.
    bool set_link(NodeId node, bool has_bus, bool hears_us);
    void heard_over_link(NodeId node, core::SteadyTime now);
    void drop_link(NodeId node);

    Way way(NodeId node) const;
    // What goes to everybody: the bus while there is one; who does not hear it gets a copy over its link.
    Way way_to_all() const { return bus() ? Way::bus : Way::link; }
    std::vector<NodeId> by_link() const;

    struct Linked {
        NodeId node = 0;
        core::SteadyTime heard{};
        bool has_bus = false;
    };
    std::vector<Linked> linked() const;

private:
    struct Link {
        bool has_bus = false;
        bool hears_us = false;
        core::SteadyTime heard{};
    };
    Way way_of(const Link& link) const { return bus_ && link.hears_us ? Way::bus : Way::link; }

    mutable std::mutex mutex_;
    bool bus_ = false;
    std::map<NodeId, core::SteadyTime> heard_;  // over the bus
    std::map<NodeId, Link> links_;
};

}  // namespace rookery::pool
