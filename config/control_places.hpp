// Where a node's control socket is, and where the command line looks for those of running nodes. With a data directory
// it is in there. A node that keeps nothing (Signal, Relay) has it in a directory for what runs, named after its
// command and port, so that it is found without a setting and in a container without a volume, and several nodes of one
// machine do not meet. ROOKERY_CONTROL_SOCKET says another path, or "off".
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/load.hpp"

namespace rookery::config {

// /run/rookery, $XDG_RUNTIME_DIR/rookery, /tmp/rookery-UID: for root, services and people.
std::vector<std::string> control_directories(const Environment& environment, unsigned user);

// Listening address and data directory are known.
void settle_control_sockets(const Environment& environment, Config& config);

}  // namespace rookery::config
