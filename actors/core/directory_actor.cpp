#include "actors/core/directory_actor.hpp"

namespace rookery::core {

DirectoryActor::DirectoryActor(caf::actor_config& config, ActorContext context, std::uint32_t node,
                               std::shared_ptr<Mailboxes> mailboxes, std::shared_ptr<Bridge> bridge)
    : Actor(config, std::move(context)),
      node_(node),
      clock_(node),
      mailboxes_(std::move(mailboxes)),
      bridge_(std::move(bridge)) {}

DirectoryActor::behavior_type DirectoryActor::make_behavior() {
    end_sessions_of_crashed_incarnation();
    return {
        status_handler(),
        [this](const Register& request) { add(request); },
        [this](const Unregister& request) {
            mailboxes_->of(request.address.realm).remove(request.address.key, request.mailbox.get());
            const Registration registration{node_, request.number};
            if (table_.remove(request.address, registration)) bridge_->announce(request.address, registration, false);
        },
    };
}

// The table died with the incarnation before this one: its sessions end, and register again when they are back.
void DirectoryActor::end_sessions_of_crashed_incarnation() {
    for (const auto realm : {Realm::signal, Realm::relay, Realm::sync}) {
        std::vector<std::pair<std::string, std::shared_ptr<Mailbox>>> found;
        mailboxes_->of(realm).for_each([&](const auto& key, const auto& mailbox) { found.emplace_back(key, mailbox); });
        for (const auto& [key, mailbox] : found) {
            mailboxes_->of(realm).remove(key, mailbox.get());
            mailbox->displaced();
        }
    }
}

void DirectoryActor::add(const Register& request) {
    const Registration registration{node_, clock_.next(wall_now())};
    const auto outcome = table_.add(request.address, registration);
    if (!outcome.accepted) return request.mailbox->displaced();
    // The new one is found before the old one ends: nothing falls between.
    const auto old = mailboxes_->of(request.address.realm).put(request.address.key, request.mailbox);
    bridge_->announce(request.address, registration, true);
    request.mailbox->registered(registration.number);
    if (old) old->displaced();
}

std::vector<std::pair<std::string, std::string>> DirectoryActor::details() const {
    return {{"entries", std::to_string(table_.size())}};
}

}  // namespace rookery::core
