#include "actors/management/renewal_actor.hpp"

#include <algorithm>

namespace rookery::management {

RenewalActor::RenewalActor(caf::actor_config& config, core::ActorContext context, std::chrono::seconds period,
                           std::shared_ptr<core::Mailboxes> mailboxes)
    : Actor(config, std::move(context)), period_(period), mailboxes_(std::move(mailboxes)) {}

RenewalActor::behavior_type RenewalActor::make_behavior() {
    // How much of a token's life is over is not known: at once, so that none ends unrenewed.
    mailboxes_->of(core::Realm::sync).for_each([this](const auto&, const auto& mailbox) {
        if (period_.count() == 0) return;
        if (auto stream = std::dynamic_pointer_cast<SyncStream>(mailbox)) entries_.push_back({clock().now(), stream});
    });
    if (!entries_.empty()) ring_for_first();
    return {
        status_handler(),
        [this](const RenewCredentials& request) { add(request.stream); },
        [this](const RenewalDue&) { renew_due(); },
    };
}

void RenewalActor::add(std::weak_ptr<SyncStream> stream) {
    if (period_.count() == 0) return;
    if (entries_.size() >= sweep_at_) {
        std::erase_if(entries_, [](const Entry& e) { return e.stream.expired(); });
        sweep_at_ = std::max<std::size_t>(1024, 2 * entries_.size());
    }
    entries_.push_back({clock().now() + period_, std::move(stream)});
    if (entries_.size() == 1) ring_for_first();
}

void RenewalActor::renew_due() {
    const auto now = clock().now();
    while (!entries_.empty() && (entries_.front().due <= now || entries_.front().stream.expired())) {
        const auto stream = entries_.front().stream.lock();
        entries_.pop_front();
        if (!stream) continue;
        stream->refresh_credentials();
        entries_.push_back({now + period_, stream});
    }
    if (!entries_.empty()) ring_for_first();
}

void RenewalActor::ring_for_first() {
    delayed_send(this, std::max(entries_.front().due - clock().now(), caf::actor_clock::duration_type(1'000'000)),
                 RenewalDue{});
}

std::vector<std::pair<std::string, std::string>> RenewalActor::details() const {
    return {{"streams", std::to_string(entries_.size())}};
}

}  // namespace rookery::management
