// Overlay addresses of new peers (network-map §2.2, management-grpc §H.2, §H.3). Pure; `random` decides.
#pragma once

#include "actors/management/commands.hpp"

namespace rookery::management {

// A random free host address of the account's network; the lowest free one when guessing finds none.
// precondition_failed "network … is out of IPs".
Result<core::Ipv4> allocate_ipv4(const AccountState& account, const Random& random);

// The account must have an IPv6 network.
Result<core::Ipv6> allocate_ipv6(const AccountState& account, const Random& random);

}  // namespace rookery::management
