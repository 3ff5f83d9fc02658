// What the control socket offers: status, log levels, tokens, setup keys, and the fault switch where it is compiled in.
#pragma once

#include <functional>
#include <map>

#include "actors/core/vitals.hpp"
#include "adapters/control/control_socket.hpp"
#include "runtime/bootstrap.hpp"

namespace rookery::runtime {

// `status`: the node's status as JSON. `by` without an api: a node without Management, which offers status only.
// `actors`: those that `debug crash` reaches.
std::map<std::string, adapters::control::Command> control_commands(std::function<adapters::control::Json()> status,
                                                                   Operator by, const core::VitalsRegistry& actors);

}  // namespace rookery::runtime
