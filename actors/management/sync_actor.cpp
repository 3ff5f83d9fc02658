#include "actors/management/sync_actor.hpp"

namespace rookery::management {

SyncActor::SyncActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<SyncStream> stream,
                     AccountId account, core::Ref<core::DirectoryHandle> directory, core::Ref<AccountsHandle> accounts,
                     std::chrono::seconds refresh_period)
    : Actor(config, std::move(context)),
      stream_(std::move(stream)),
      account_(std::move(account)),
      directory_(std::move(directory)),
      accounts_(std::move(accounts)),
      refresh_period_(refresh_period) {}

SyncActor::behavior_type SyncActor::make_behavior() {
    directory_.send(core::Register{address(), stream_});
    if (refresh_period_.count() > 0) delayed_send(this, refresh_period_, RefreshCredentials{});
    return {
        status_handler(),
        [this](const StreamClosed&) { quit(); },
        [this](const WriteNext&) { stream_->write_next(); },
        [this](const RefreshCredentials&) {
            stream_->refresh_credentials(core::wall_now());
            delayed_send(this, refresh_period_, RefreshCredentials{});
        },
    };
}

void SyncActor::on_exit() {
    stream_->end({core::rpc::Code::unavailable, "the server ends this stream; connect again"});
    const auto number = stream_->number();
    directory_.send(core::Unregister{address(), stream_, number});
    ForAccount detach;
    detach.account = account_;
    detach.detach = Detach{stream_->peer(), stream_, number};
    accounts_.send(std::move(detach));
    Actor::on_exit();
}

}  // namespace rookery::management
