// The port to the mailboxes of other nodes: where a byte path hands over what no mailbox of this node takes.
// Implemented by actors/pool; Alone is the node that has no siblings.
#pragma once

#include "actors/core/mailbox_address.hpp"
#include "actors/core/rpc.hpp"

namespace rookery::core {

enum class Posted {
    sent,           // on its way to the node that holds the address
    asked,          // nobody here knows who holds it: on its way to every node
    not_connected,  // no node holds it
    dropped,        // too large to be sent
};

class Bridge {
public:
    virtual ~Bridge() = default;
    // Any thread; never blocks. What is dropped later (overflow, a lost node) is counted by the implementation.
    virtual Posted post(const MailboxAddress& address, const rpc::Bytes& bytes) = 0;
    // True just after this process stood still: what waited in its sockets may be old and is not to be delivered; its
    // senders have gone elsewhere. Counted by the implementation.
    virtual bool drops_old() const { return false; }
};

class Alone final : public Bridge {
public:
    Posted post(const MailboxAddress&, const rpc::Bytes&) override { return Posted::not_connected; }
};

}  // namespace rookery::core
