// Runs a node until it is told to end, and ends it.
#pragma once

#include "config/config.hpp"

namespace rookery::runtime {

// Exit code: 0 after SIGINT or SIGTERM, 1 if it could not start or its supervision tree gave up. The reason is the
// last line of the log.
int serve(config::Config configuration);

}  // namespace rookery::runtime
