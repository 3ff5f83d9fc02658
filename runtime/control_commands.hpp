// What the control socket offers: status, drain, log levels, tokens, setup keys, and the fault switch where it is
// compiled in.
#pragma once

#include <functional>
#include <map>

#include "actors/core/vitals.hpp"
#include "adapters/control/control_socket.hpp"
#include "config/config.hpp"
#include "runtime/bootstrap.hpp"

namespace rookery::runtime {

struct ControlHooks {
    std::function<adapters::control::Json()> status;
    // Begins to drain, once; the times that it takes at most.
    std::function<config::Drain()> drain;
};

// `by` without an api: a node without Management, which has no tokens and keys.
// `actors`: those that `debug crash` reaches.
std::map<std::string, adapters::control::Command> control_commands(ControlHooks hooks, Operator by,
                                                                   const core::VitalsRegistry& actors);

}  // namespace rookery::runtime
