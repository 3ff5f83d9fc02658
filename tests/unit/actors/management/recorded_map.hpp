// Recorded maps (tests/data/netmap, see its README): the account of a recording as a state, and a message as the
// JSON that recordings use. Test helper; faults in the data are exceptions.
#pragma once

#include <nlohmann/json.hpp>

#include "actors/management/model.hpp"
#include "proto/management.pb.h"

namespace rookery::management::testing {

using Json = nlohmann::json;

AccountState account_of(const Json& account, WallTime now);

// Sorted where the order means nothing, without the serial and what depends on the installation.
Json normalised(const ::management::SyncResponse& message);
Json normalised(const std::string& bytes);  // of such a message
Json normalised(Json recorded);

}  // namespace rookery::management::testing
