// Whether a machine fulfils a posture check (network-map §2.9). Pure.
#pragma once

#include "actors/management/model.hpp"

namespace rookery::management {

// `status`: where the peer connects from; nullptr: not known. What cannot be evaluated is not fulfilled.
bool fulfils(const Peer& peer, const PeerStatus* status, const PostureCheck& check);

}  // namespace rookery::management
