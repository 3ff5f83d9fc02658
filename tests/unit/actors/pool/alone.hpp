// The parts of a directory actor on a node without siblings.
#pragma once

#include <memory>
#include <utility>

#include "actors/pool/directory_actor.hpp"

namespace rookery::pool::test {

inline DirectoryParts alone(std::shared_ptr<core::Mailboxes> mailboxes) {
    DirectoryParts parts;
    parts.directory = std::make_shared<Directory>(1, Card{}, ReplicaSettings{}, core::SteadyTime{});
    parts.routes = std::make_shared<Routes>();
    parts.inbox = std::make_shared<Inbox>(
        1, EnvelopeMac{}, mailboxes, parts.routes, [](NodeId, Message) {}, BootTime{});
    parts.mailboxes = std::move(mailboxes);
    parts.outboxes = std::make_shared<Outboxes>();
    parts.bus = std::make_shared<NoBus>();
    return parts;
}

}  // namespace rookery::pool::test
