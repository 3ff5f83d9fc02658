#include "actors/signal/session_actor.hpp"

namespace rookery::signal {
namespace {
const core::rpc::Status not_served{core::rpc::Code::unavailable, "the server ends this stream; connect again"};
}  // namespace

SessionActor::SessionActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<Session> session,
                           core::Ref<core::DirectoryHandle> directory, Counters* counters)
    : Actor(config, std::move(context)),
      session_(std::move(session)),
      directory_(std::move(directory)),
      counters_(*counters) {}

SessionActor::behavior_type SessionActor::make_behavior() {
    counters_.active_peers.fetch_add(1, std::memory_order_relaxed);
    directory_.send(core::Register{{core::Realm::signal, session_->key()},
                                   session_,
                                   core::Reply<core::Done>([session = session_](const core::Result<core::Done>& done) {
                                       if (!done) session->end(not_served);
                                   })});
    return {
        status_handler(),
        [this](const SessionClosed&) { quit(); },
    };
}

void SessionActor::on_exit() {
    counters_.active_peers.fetch_sub(1, std::memory_order_relaxed);
    if (const auto connected = session_->connected_for()) {
        counters_.deregistrations.fetch_add(1, std::memory_order_relaxed);
        counters_.connection.record(connected->count());
    } else if (!session_->closed()) {
        counters_.not_registered.fetch_add(1, std::memory_order_relaxed);
    }
    session_->end(not_served);
    directory_.send(core::Unregister{{core::Realm::signal, session_->key()}, session_, session_->number()});
    Actor::on_exit();
}

}  // namespace rookery::signal
