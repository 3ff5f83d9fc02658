// Whether a machine fulfils a posture check (network-map §2.9). Pure.
#pragma once

#include "actors/management/model.hpp"
#include "proto/management.pb.h"

namespace rookery::management {

// `status`: where the peer connects from; nullptr: not known. What cannot be evaluated is not fulfilled.
bool fulfils(const Peer& peer, const PeerStatus* status, const PostureCheck& check);

// What the agent shall report about for it: the paths of all systems.
::management::Checks posture_files(const PostureCheck& check);

}  // namespace rookery::management
