// `rookery status` for people: the actors as a tree.
#pragma once

#include <string>

#include "adapters/control/control_socket.hpp"

namespace rookery::runtime {

// `status`: as node_status() made it. Of many siblings only the first ten are shown, unless `all`; stuck ones always.
std::string status_text(const adapters::control::Json& status, bool all);

}  // namespace rookery::runtime
