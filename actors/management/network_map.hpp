// Computes what one peer is told. Pure: state in, message out. Source: spec network-map §3–§6,
// management-grpc §D.2, §D.3.
#pragma once

#include <set>
#include <string>

#include "actors/management/change_set.hpp"
#include "actors/management/model.hpp"
#include "proto/management.pb.h"

namespace rookery::management {

// The peer's own configuration; identical bytes in Login and in every map. `meta`: the request's meta in Login
// (it decides about address_v6), the stored one otherwise.
::management::PeerConfig peer_config(const AccountState& account, const Peer& peer, const PeerMeta& meta,
                                     const Rules& rules);

// The classic map. `peer` must be in the account.
::management::NetworkMap network_map(const AccountState& account, const Peer& peer, WallTime now, const Rules& rules);

// The whole push: map, peer config, flags, session deadline; no netbirdConfig.
::management::SyncResponse sync_response(const AccountState& account, const Peer& peer, WallTime now,
                                         const Rules& rules);

// What a deleted peer is told last (management-grpc §D.6).
::management::SyncResponse farewell(const AccountState& account);

// Peers whose map may differ between the two states because of `changes`; a superset is allowed, a miss is not.
// Contains only peers of `after`.
std::set<PeerId> affected_peers(const AccountState& before, const AccountState& after, const ChangeSet& changes);

}  // namespace rookery::management
