#include "actors/signal/write_watch_actor.hpp"

#include <algorithm>

namespace rookery::signal {

WriteWatchActor::WriteWatchActor(caf::actor_config& config, core::ActorContext context,
                                 std::chrono::milliseconds send_timeout, std::shared_ptr<core::Mailboxes> mailboxes)
    : Actor(config, std::move(context)),
      send_timeout_(send_timeout),
      period_(std::clamp(send_timeout / 10, std::chrono::milliseconds(10), std::chrono::milliseconds(1'000))),
      mailboxes_(std::move(mailboxes)) {}

WriteWatchActor::behavior_type WriteWatchActor::make_behavior() {
    mailboxes_->of(core::Realm::signal).for_each([this](const auto&, const auto& mailbox) {
        if (auto session = std::dynamic_pointer_cast<Session>(mailbox)) writing_.push_back(session);
    });
    if (!writing_.empty()) delayed_send(this, period_, LookAtWrites{});
    return {
        status_handler(),
        [this](const WatchWrite& request) {
            if (writing_.empty()) delayed_send(this, period_, LookAtWrites{});
            writing_.push_back(request.session);
        },
        [this](const LookAtWrites&) { look(); },
    };
}

void WriteWatchActor::look() {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(writing_, [&](const auto& weak) {
        const auto session = weak.lock();
        return !session || !session->check_write(now, send_timeout_);
    });
    if (!writing_.empty()) delayed_send(this, period_, LookAtWrites{});
}

std::vector<std::pair<std::string, std::string>> WriteWatchActor::details() const {
    return {{"writing", std::to_string(writing_.size())}};
}

}  // namespace rookery::signal
