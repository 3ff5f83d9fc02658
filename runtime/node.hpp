// One process: builds what its configuration asks for, in order, and takes it down in reverse.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "actors/core/error.hpp"
#include "config/config.hpp"

namespace rookery::runtime {

// What a node asks of its process. Called from any thread.
struct NodeEvents {
    std::function<void(std::string)> failed;  // the supervision tree gave up, with its reasons: end non-zero
    std::function<void()> drain_asked;        // by the operator: drain() and stop()
};

class Node {
public:
    // The node is ready when this returns.
    static core::Result<std::unique_ptr<Node>> start(config::Config configuration, NodeEvents events);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    // Leaves the balancers, then closes the public listeners and ends the sessions one by one, within the configured
    // times; `hasty` as in runtime/drain.hpp. `sleep` waits; the health and metrics ports stay open.
    void drain(bool hasty, std::function<void(std::chrono::nanoseconds)> sleep);
    // Ends what is left at once and stops the actors.
    void stop();
    // After stop(): an actor hangs, so that this object can never be destroyed; end the process at once.
    bool hangs() const;

private:
    struct Parts;
    explicit Node(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace rookery::runtime
