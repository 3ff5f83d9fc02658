// Computes what one peer is told. Pure: a prepared account in, encoded messages out. Source: spec network-map §3–§6,
// management-grpc §D.2, §D.3.
#pragma once

#include <set>
#include <string>

#include "actors/management/compiled_account.hpp"
#include "proto/management.pb.h"

namespace rookery::management {

// The peer's own configuration as a Login is answered. `meta`: the request's (it decides about address_v6).
::management::PeerConfig login_peer_config(const AccountState& account, const Peer& peer, const PeerMeta& meta,
                                           const Rules& rules);

// Files that the agent shall report about, for the posture checks of policies that have the peer as a source.
std::vector<::management::Checks> login_checks(const AccountState& account, const Peer& peer);

struct EncodedMap {
    std::string bytes;        // a SyncResponse
    std::size_t objects = 0;  // peers, routes and rules in it
};

// The whole push: map, peer config, flags, session deadline; no netbirdConfig, whose encoded field may be put in
// front. `peer` must be in the account.
EncodedMap sync_response(const CompiledAccount& account, const CompiledPeer& peer, WallTime now);

// What a deleted peer is told last (management-grpc §D.6).
EncodedMap farewell(const CompiledAccount& account);

// Peers that `peer` may know of: what the API calls accessible.
std::set<PeerId> accessible_peers(const CompiledAccount& account, const CompiledPeer& peer);

// Peers of `after` whose map may differ from the one of `before`; a superset is allowed, a miss is not.
std::set<PeerId> affected_peers(const CompiledAccount& before, const CompiledAccount& after);

}  // namespace rookery::management
