// Wire form of a machine's meta to the model's (management-grpc §E.1).
#pragma once

#include "actors/management/model.hpp"
#include "proto/management.pb.h"

namespace rookery::management {

PeerMeta to_model(const ::management::PeerSystemMeta& meta);

}  // namespace rookery::management
