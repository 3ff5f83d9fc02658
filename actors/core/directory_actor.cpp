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
    take_over();
    return {
        status_handler(),
        [this](const Register& request) { add(request); },
        [this](const Unregister& request) { remove(request); },
    };
}

// What the incarnation before this one had registered; the first one finds nothing. Siblings know these already. Who
// ended while there was no directory had nobody to tell.
void DirectoryActor::take_over() {
    for (const auto realm : {Realm::signal, Realm::relay, Realm::sync}) {
        std::vector<std::pair<std::string, std::shared_ptr<Mailbox>>> found;
        mailboxes_->of(realm).for_each([&](const auto& key, const auto& mailbox) { found.emplace_back(key, mailbox); });
        for (const auto& [key, mailbox] : found) {
            const auto number = mailbox->number();
            clock_.observe(number);
            table_.add({realm, key}, {node_, number});
            if (mailbox->over()) remove({{realm, key}, mailbox, number});
        }
    }
}

void DirectoryActor::remove(const Unregister& request) {
    mailboxes_->of(request.address.realm).remove(request.address.key, request.mailbox.get());
    const Registration registration{node_, request.number};
    if (table_.remove(request.address, registration)) bridge_->announce(request.address, registration, false);
}

void DirectoryActor::add(const Register& request) {
    const Registration registration{node_, clock_.next(wall_now())};
    const auto outcome = table_.add(request.address, registration);
    if (!outcome.accepted) {
        request.mailbox->displaced();
        return request.reply(Done{});
    }
    // The new one is found before the old one ends: nothing falls between.
    const auto old = mailboxes_->of(request.address.realm).put(request.address.key, request.mailbox);
    bridge_->announce(request.address, registration, true);
    request.mailbox->registered(registration.number);
    if (old) old->displaced();
    request.reply(Done{});
}

std::vector<std::pair<std::string, std::string>> DirectoryActor::details() const {
    return {{"entries", std::to_string(table_.size())}};
}

}  // namespace rookery::core
