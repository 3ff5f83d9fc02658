// What `rookery status` shows of the pool that a node belongs to, as JSON and as text.
#pragma once

#include <string>

#include "adapters/control/control_socket.hpp"
#include "runtime/pool.hpp"

namespace rookery::runtime {

// null: a node without siblings.
adapters::control::Json pool_status(const Pool& pool);

std::string pool_text(const adapters::control::Json& pool);

}  // namespace rookery::runtime
