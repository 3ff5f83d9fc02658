// Every typed actor interface of core. (Supervisors: supervisor.hpp.)
#pragma once

#include "actors/core/actor.hpp"
#include "actors/core/mailboxes.hpp"

namespace rookery::core {

// Make `mailbox` the holder of `address`. Tells it registered(), or displaced() if a newer one stands. The reply comes
// after that; an error means that it was not registered, so nobody reaches it: end it, its agent comes back.
struct Register {
    MailboxAddress address;
    std::shared_ptr<Mailbox> mailbox;
    Reply<Done> reply;
};
// The session ended. Ignored unless it still holds the address.
struct Unregister {
    MailboxAddress address;
    std::shared_ptr<Mailbox> mailbox;
    RegistrationNumber number;
};

}  // namespace rookery::core

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::Register)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::Unregister)

namespace rookery::core {

// The one writer of directory and mailboxes; one per node.
using DirectoryHandle = Interface<caf::reacts_to<Register>, caf::reacts_to<Unregister>>;

}  // namespace rookery::core
