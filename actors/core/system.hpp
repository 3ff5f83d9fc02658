// The node's actor system. Everything that runs in actors runs on its worker threads, which must never block:
// what blocks (SQLite, DNS, files) is a detached actor with a thread of its own.
#pragma once

#include <cstddef>
#include <memory>

#include "actors/core/vitals.hpp"

namespace caf {
class actor_system;
}

namespace rookery::core {

struct SystemOptions {
    std::size_t workers = 2;
    bool deterministic = false;  // tests: nothing runs until the test says so, time is virtual
};

class System {
public:
    explicit System(SystemOptions options = {});
    ~System();  // waits for all actors to end
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    caf::actor_system& caf() const;  // for actors/core, actor shells and their wiring only
    VitalsRegistry& vitals() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace rookery::core
