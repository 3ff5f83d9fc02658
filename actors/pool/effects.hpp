// What the owner of a replica must do after it has changed.
#pragma once

#include <optional>
#include <vector>

#include "actors/pool/claims.hpp"
#include "actors/pool/messages.hpp"

namespace rookery::pool {

// What the owner must do after a call. Lists are in order.
struct Effects {
    std::vector<Outgoing> send;
    void tell(std::optional<NodeId> to, Message message);  // `to`: nullopt: every node

    // A newer claim elsewhere: this node's session of that address must end. Its claim is gone already.
    std::vector<Claim> displaced;
    struct Moved {
        core::MailboxAddress address;
        std::optional<Holder> holder;  // nullopt: nobody's any more
    };
    std::vector<Moved> moved;  // who holds an address changed, this node's own claims included
    std::vector<NodeId> came;
    std::vector<NodeId> lost;
    std::vector<NodeId> departed;  // said goodbye; lost as well, if it was known
    struct Met {
        NodeId node = 0;
        Direct direct;
    };
    std::vector<Met> met;  // said how it is reached directly, for the first time or anew
};

}  // namespace rookery::pool
