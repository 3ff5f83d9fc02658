// How long a node takes to leave (config-ops §11.3): the environment over the file, for every role.
#pragma once

#include "config/config.hpp"
#include "config/load.hpp"

namespace rookery::config {

// ROOKERY_DRAIN_DELAY, ROOKERY_DRAIN_TIMEOUT, ROOKERY_DRAIN_GOODBYE: durations, zero allowed. Notes the
// stop_grace_period that a longer drain needs.
void settle_drain(const Environment& environment, Config& config);

}  // namespace rookery::config
