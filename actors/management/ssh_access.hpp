// Who may log in to a peer over SSH by policy (network-map §5.6).
#pragma once

#include "actors/management/model.hpp"

namespace rookery::management {

// A rule for the SSH protocol has `peer` as its destination.
bool ssh_enabled_by_policy(const AccountState& account, const Peer& peer);

// Every user of the account may: by such a rule, or because the peer's own SSH switch is on and a rule opens all
// protocols towards it.
bool ssh_open_to_users(const AccountState& account, const Peer& peer);

// Users that can be let in: neither blocked nor service users. In the order of their ids.
std::vector<UserId> ssh_users(const AccountState& account);

}  // namespace rookery::management
