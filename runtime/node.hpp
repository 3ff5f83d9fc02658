// One process: builds what its configuration asks for, in order, and takes it down in reverse.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/core/error.hpp"
#include "config/config.hpp"

namespace rookery::runtime {

class Node {
public:
    // `failed`: the supervision tree gave up; the process must end non-zero. The node is ready when this returns.
    static core::Result<std::unique_ptr<Node>> start(config::Config configuration,
                                                     std::function<void(std::string)> failed);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    // Not ready any more; closes the listeners, ends the streams, stops the actors.
    void stop();
    // After stop(): an actor hangs, so that this object can never be destroyed; end the process at once.
    bool hangs() const;

private:
    struct Parts;
    explicit Node(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace rookery::runtime
