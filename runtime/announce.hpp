// The lines that every start and end of a node writes, in the words that operators and scripts wait for (config-ops
// §11.1, §12).
#pragma once

#include <string>

#include "config/config.hpp"

namespace rookery::runtime {

// Once logging runs: the version, the configuration without its secrets, and what was strange about it.
void announce_begin(const config::Config& config);
// The roles are built and the store is open; nothing is accepted yet.
void announce_roles(const config::Config& config);
// Every port is open.
void announce_ready(const config::Config& config);
// The last line of an ordered end.
void announce_end(const std::string& command);

}  // namespace rookery::runtime
