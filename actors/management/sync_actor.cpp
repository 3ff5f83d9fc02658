#include "actors/management/sync_actor.hpp"

namespace rookery::management {
namespace {
const core::rpc::Status not_served{core::rpc::Code::unavailable, "the server ends this stream; connect again"};
}  // namespace

SyncActor::SyncActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<SyncStream> stream,
                     AccountId account, core::Ref<core::DirectoryHandle> directory, core::Ref<AccountsHandle> accounts,
                     core::Ref<RenewalHandle> renewal)
    : Actor(config, std::move(context)),
      stream_(std::move(stream)),
      account_(std::move(account)),
      directory_(std::move(directory)),
      accounts_(std::move(accounts)),
      renewal_(std::move(renewal)) {}

SyncActor::behavior_type SyncActor::make_behavior() {
    directory_.send(core::Register{address(), stream_,
                                   core::Reply<core::Done>([stream = stream_](const core::Result<core::Done>& done) {
                                       if (!done) stream->end(not_served);
                                   })});
    renewal_.send(RenewCredentials{stream_});
    return {
        status_handler(),
        [this](const StreamClosed&) { quit(); },
        [this](const WriteNext&) { stream_->write_next(); },
    };
}

void SyncActor::on_exit() {
    stream_->end(not_served);
    const auto number = stream_->number();
    directory_.send(core::Unregister{address(), stream_, number});
    ForAccount detach;
    detach.account = account_;
    detach.detach = Detach{stream_->peer(), stream_, number};
    accounts_.send(std::move(detach));
    Actor::on_exit();
}

}  // namespace rookery::management
