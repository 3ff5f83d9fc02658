// Which environment variables a command knows. One that is set and changes nothing is named at the start, so that no
// operator relies on it (config-ops §3, §4; signal-relay-stun §1.10, §2.19).
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/load.hpp"

namespace rookery::config {

enum class Effect {
    used,     // read by a loader
    without,  // accepted; what it tunes does not exist here and need not: a note
    absent,   // asks for something that this version does not have: a warning
};

struct KnownVariable {
    std::string name;
    Effect effect = Effect::used;
};

// The variables of the Management process, and of every role that runs in it.
const std::vector<KnownVariable>& management_variables();
// What all commands accept.
const std::vector<KnownVariable>& common_variables();

// Names what is set and is not `used`; of unknown names those that begin as NetBird's do (NB_, NETBIRD_), with
// the known one that may have been meant.
void check_variables(const Environment& environment, const std::vector<KnownVariable>& known, Config& config);

}  // namespace rookery::config
