// The actor of one open Sync call: registers it (the newest stream of a peer wins, pool-wide), renews its
// credentials, and ends it when it ends itself.
#pragma once

#include "actors/management/protocol.hpp"

namespace rookery::management {

class SyncActor : public core::Actor<SyncHandle> {
public:
    SyncActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<SyncStream> stream,
              AccountId account, core::Ref<core::DirectoryHandle> directory, core::Ref<AccountsHandle> accounts,
              std::chrono::seconds refresh_period);

    behavior_type make_behavior() override;
    void on_exit() override;

private:
    core::MailboxAddress address() const { return {core::Realm::sync, stream_->key()}; }

    const std::shared_ptr<SyncStream> stream_;
    const AccountId account_;
    const core::Ref<core::DirectoryHandle> directory_;
    const core::Ref<AccountsHandle> accounts_;
    const std::chrono::seconds refresh_period_;
};

}  // namespace rookery::management
