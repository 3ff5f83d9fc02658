// The actor of one open Sync call: registers it (the newest stream of a peer wins, pool-wide), computes its maps,
// and ends it when it ends itself.
#pragma once

#include "actors/management/protocol.hpp"

namespace rookery::management {

class SyncActor : public core::Actor<SyncHandle> {
public:
    SyncActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<SyncStream> stream,
              AccountId account, core::Ref<core::DirectoryHandle> directory, core::Ref<AccountsHandle> accounts,
              core::Ref<RenewalHandle> renewal);

    behavior_type make_behavior() override;
    void on_exit() override;

private:
    core::MailboxAddress address() const { return {core::Realm::sync, stream_->key()}; }

    const std::shared_ptr<SyncStream> stream_;
    const AccountId account_;
    const core::Ref<core::DirectoryHandle> directory_;
    const core::Ref<AccountsHandle> accounts_;
    const core::Ref<RenewalHandle> renewal_;
};

}  // namespace rookery::management
