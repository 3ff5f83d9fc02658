// What `rookery status` shows of the running node, as JSON.
#pragma once

#include "actors/core/vitals.hpp"
#include "adapters/control/control_socket.hpp"
#include "config/config.hpp"
#include "runtime/pool.hpp"
#include "runtime/state.hpp"

namespace rookery::runtime {

adapters::control::Json node_status(const config::Config& configuration, const State& state, const Pool& pool,
                                    const core::VitalsRegistry& actors);

}  // namespace rookery::runtime
