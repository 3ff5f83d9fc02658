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
    if (now - BootTime(ticked_) <= stood_still) {
        ticked_ = now.count();
        return false;
    }
    woken_ = now.count();  // first, for drops_old()
    ticked_ = now.count();
    return true;
}

bool Inbox::drops_old(BootTime now) {
    if (now - BootTime(ticked_) <= stood_still && now - BootTime(woken_) >= waking) return false;
    counters_.too_old.fetch_add(1, std::memory_order_relaxed);
    return true;
}

std::optional<Envelope> Inbox::open(std::string_view bytes) {
    const auto plain = mac_.open(bytes);
    if (!plain) {
        counters_.wrong_mac.fetch_add(1, std::memory_order_relaxed);
        if (!warned_.exchange(true)) core::log::warn("{}; further ones are counted in silence", plain.error().message);
        return std::nullopt;
    }
    auto envelope = decode(*plain);
    if (envelope) return std::move(*envelope);
    counters_.malformed.fetch_add(1, std::memory_order_relaxed);
    core::log::debug("{}", envelope.error().message);
    return std::nullopt;
}

void Inbox::receive(std::string_view bytes, BootTime now) {
    auto envelope = open(bytes);
    if (!envelope) return;
    if (auto* marker = std::get_if<Marker>(&envelope->content)) {
        auto nonce = marker->nonce;
        if (envelope->sender == self_) awaited_.compare_exchange_strong(nonce, 0);
        return;
    }
    if (envelope->sender == self_) return;  // what it said to everybody
    routes_->heard_over_bus(envelope->sender, core::SteadyTime(now));
    if (auto* message = std::get_if<Message>(&envelope->content)) return heard_(envelope->sender, std::move(*message));
    if (awaited_ != 0) {
        counters_.too_old.fetch_add(std::get<MailBatch>(envelope->content).mails.size(), std::memory_order_relaxed);
        return;
    }
    deliver(envelope->sender, std::get<MailBatch>(envelope->content), Way::bus, now);
}

void Inbox::receive(NodeId link, std::string_view bytes, BootTime now) {
    auto envelope = open(bytes);
    if (!envelope) return;
    if (envelope->sender != link || std::holds_alternative<Marker>(envelope->content)) {
        counters_.foreign.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    if (auto* message = std::get_if<Message>(&envelope->content)) return heard_(link, std::move(*message));
    deliver(link, std::get<MailBatch>(envelope->content), Way::link, now);
}

void Inbox::forget(NodeId node) {
    std::lock_guard lock(mutex_);
    senders_.erase(node);
}

bool Inbox::in_time(NodeId from, const MailBatch& batch, Way way, BootTime now) {
    std::lock_guard lock(mutex_);
    auto& sender = senders_[from];
    if (way == Way::link && sender.way != way) {
        sender.changed = now;
        sender.changed_at = batch.sequence;
    }
    if (way == Way::bus && batch.sequence < sender.changed_at) {
        if (now - sender.changed <= late) return true;
        counters_.too_old.fetch_add(batch.mails.size(), std::memory_order_relaxed);
        return false;
    }
    sender.way = way;
    if (batch.mails.empty() || !batch.mails.front().broadcast) return true;
    if (batch.sequence <= sender.last_to_all) {
        counters_.repeated.fetch_add(batch.mails.size(), std::memory_order_relaxed);
        return false;
    }
    sender.last_to_all = batch.sequence;
    return true;
}

void Inbox::deliver(NodeId from, const MailBatch& batch, Way way, BootTime now) {
    if (now - BootTime(ticked_) > stood_still) {
        counters_.too_old.fetch_add(batch.mails.size(), std::memory_order_relaxed);
        return;
    }
    if (!in_time(from, batch, way, now)) return;
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
