// Follows the pool's directory and registers this node's sessions; the only writer of Directory and Mailboxes. A node
// without siblings has the same actor and no bus.
// When it crashes, nobody else does: directory and mailboxes are not its own, and the next incarnation goes on with
// them. Who ended meanwhile is found then.
// Bound: this node's live sessions, and the claims of its siblings; every session unregisters when it ends.
#pragma once

#include <memory>

#include "actors/core/crypto.hpp"
#include "actors/core/mailboxes.hpp"
#include "actors/pool/directory.hpp"
#include "actors/pool/inbox.hpp"
#include "actors/pool/outboxes.hpp"
#include "actors/pool/ports.hpp"
#include "actors/pool/protocol.hpp"

namespace rookery::pool {

// Made before the actor and kept by the node: an actor that crashes finds them again.
struct DirectoryParts {
    std::shared_ptr<Directory> directory;
    std::shared_ptr<core::Mailboxes> mailboxes;
    std::shared_ptr<Outboxes> outboxes;
    std::shared_ptr<Inbox> inbox;
    std::shared_ptr<Bus> bus;
    std::shared_ptr<Routes> routes;
    std::shared_ptr<DirectLinks> links;  // null: none
    const core::Crypto* crypto = nullptr;
    bool alone = true;  // no siblings are looked for: no timers run
};

class DirectoryActor : public core::Actor<DirectoryHandle> {
public:
    DirectoryActor(caf::actor_config& config, core::ActorContext context, DirectoryParts parts);

    behavior_type make_behavior() override;

private:
    std::vector<std::pair<std::string, std::string>> details() const override;
    void take_over();
    void add(const core::Register& request);
    void remove(const core::Unregister& request);
    void tick();
    void follow_links(core::SteadyTime now, Effects& effects);
    void perform(Effects effects);

    const DirectoryParts parts_;
    bool flush_scheduled_ = false;
};

}  // namespace rookery::pool
