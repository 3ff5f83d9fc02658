// What entities are called by.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "actors/core/clock.hpp"

namespace rookery::management {

using core::WallTime;

using Id = std::string;                         // xid (20 characters) unless said otherwise; opaque
using AccountId = std::string;                  // xid
using PeerId = std::string;                     // xid
using UserId = std::string;                     // opaque, may hold any character
using PublicKey = std::string;                  // WireGuard public key, canonical base64 (44 characters)
using CommitId = std::array<std::uint8_t, 16>;  // random, names one committed ChangeSet

// A thing that rules and groups name: a peer, or a resource of a network. Kept as given, it need not exist.
struct ResourceRef {
    Id id;
    std::string type;  // peer | host | subnet | domain
    friend bool operator==(const ResourceRef&, const ResourceRef&) = default;
};

}  // namespace rookery::management
