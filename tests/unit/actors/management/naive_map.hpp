// The rules of network-map §3–§6 a second time, written from their text and nothing else: sets of ids, loops over
// everything, no preparation. Slow and meant to be obviously right; the engine is compared with it.
#pragma once

#include "actors/management/commands.hpp"
#include "recorded_map.hpp"

namespace rookery::management::testing {

// A SyncResponse in the form of normalised().
Json naive_response(const AccountState& account, const Rules& rules, const PeerId& peer, WallTime now);

// What differs, as a JSON patch; "[]" if nothing does.
std::string differences(const Json& ours, const Json& expected);

}  // namespace rookery::management::testing
