// Changes of group membership inside a decision: events, and IPv6 addresses, which follow the groups. Pure.
#pragma once

#include <set>

#include "actors/management/draft.hpp"

namespace rookery::management {

// Peers that enter or leave a group by somebody's command, each with its event. Unknown ones are skipped.
void change_members(Draft& draft, const Id& group, const std::vector<PeerId>& added,
                    const std::vector<PeerId>& removed);

// Gives these peers the IPv6 address that their groups entitle them to, and takes others' away (network-map §11.2).
Result<Done> reconcile_ipv6(Draft& draft, const std::vector<PeerId>& peers);
Result<Done> reconcile_ipv6_of_all(Draft& draft);

// Takes a peer out of the account with everything that names it; refused while a network router does.
Result<Done> remove_peer(Draft& draft, const PeerId& peer, const UserId& initiator);

}  // namespace rookery::management
