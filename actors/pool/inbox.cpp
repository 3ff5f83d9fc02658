#include "actors/pool/inbox.hpp"

#include <time.h>

#include "actors/core/log.hpp"

namespace rookery::pool {

BootTime boot_time() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

bool Inbox::tick(BootTime now) {
    return now - BootTime(ticked_.exchange(now.count())) > stood_still;
}

void Inbox::receive(std::string_view bytes, BootTime now) {
    auto envelope = decode(bytes);
    if (!envelope) {
        counters_.malformed.fetch_add(1, std::memory_order_relaxed);
        core::log::debug("{}", envelope.error().message);
        return;
    }
    if (auto* marker = std::get_if<Marker>(&envelope->content)) {
        auto nonce = marker->nonce;
        if (envelope->sender == self_) awaited_.compare_exchange_strong(nonce, 0);
        return;
    }
    if (envelope->sender == self_) return;  // what it said to everybody
    if (auto* message = std::get_if<Message>(&envelope->content)) return heard_(envelope->sender, std::move(*message));
    deliver(std::get<MailBatch>(envelope->content), now);
}

void Inbox::deliver(const MailBatch& batch, BootTime now) {
    if (awaited_ != 0 || now - BootTime(ticked_) > stood_still) {
        counters_.too_old.fetch_add(batch.mails.size(), std::memory_order_relaxed);
        return;
    }
    for (const auto& mail : batch.mails) {
        if (const auto mailbox = mailboxes_->of(mail.address.realm).find(mail.address.key)) {
            mailbox->post(mail.bytes);
            counters_.delivered.fetch_add(1, std::memory_order_relaxed);
        } else if (!mail.broadcast) {
            counters_.not_here.fetch_add(1, std::memory_order_relaxed);
        }
    }
}

}  // namespace rookery::pool
