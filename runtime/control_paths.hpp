// Opens a node's control socket where it can be, and finds those of running nodes (config/control_places.hpp says
// where to look).
#pragma once

#include <string>
#include <vector>

#include "adapters/control/control_socket.hpp"
#include "config/load.hpp"

namespace rookery::runtime {

// The first of `paths` that can be used: its directory is made if it is missing, and must belong to this user or root,
// so that nobody else's process can put itself in the way. The error says of each why not.
core::Result<std::string> listen_at_first(adapters::control::Server& server, const std::vector<std::string>& paths);

// The socket of the node whose data directory or configuration was named; else of the only one that runs. The error
// says where was looked, or lists those that run.
core::Result<std::string> find_node(const config::ServeOptions& options);

}  // namespace rookery::runtime
