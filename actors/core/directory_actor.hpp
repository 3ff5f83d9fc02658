// Owns the node's replica of the directory and the registration numbers; the only writer of Mailboxes.
// Bound: entries are as many as live sessions; every session unregisters when it ends.
// When it crashes, nobody else does: sessions stay reachable, since Mailboxes is not its own, and the next incarnation
// makes its table from there.
#pragma once

#include <memory>

#include "actors/core/bridge.hpp"
#include "actors/core/protocol.hpp"

namespace rookery::core {

class DirectoryActor : public Actor<DirectoryHandle> {
public:
    DirectoryActor(caf::actor_config& config, ActorContext context, std::uint32_t node,
                   std::shared_ptr<Mailboxes> mailboxes, std::shared_ptr<Bridge> bridge);

    behavior_type make_behavior() override;

private:
    std::vector<std::pair<std::string, std::string>> details() const override;
    void take_over();
    void add(const Register& request);
    void remove(const Unregister& request);

    const std::uint32_t node_;
    HybridClock clock_;
    DirectoryTable table_;
    const std::shared_ptr<Mailboxes> mailboxes_;
    const std::shared_ptr<Bridge> bridge_;
};

}  // namespace rookery::core
