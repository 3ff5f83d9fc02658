// What other nodes send to this one, by whatever way it comes: their word about registrations goes to whoever follows
// the directory, mail straight to the mailboxes. Any thread, but what one way brings must come in its order. Node
// scope.
//
// A process that stood still (suspended, stopped) finds old mail waiting when it goes on. Between the last tick it
// lived through and the return of a marker it sends to itself behind that mail, everything is dropped and counted.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "actors/core/mailboxes.hpp"
#include "actors/pool/codec.hpp"

namespace rookery::pool {

struct InboxCounters {
    std::atomic<std::uint64_t> delivered{0};
    std::atomic<std::uint64_t> not_here{0};   // addressed to this node, but its session has gone
    std::atomic<std::uint64_t> too_old{0};    // came while this process stood still
    std::atomic<std::uint64_t> malformed{0};  // envelopes
};

// CLOCK_BOOTTIME: goes on while the machine sleeps.
using BootTime = std::chrono::nanoseconds;
BootTime boot_time();

class Inbox {
public:
    // Longer without a tick: the process stood still.
    static constexpr std::chrono::milliseconds stood_still{2'000};

    using Heard = std::function<void(NodeId from, Message message)>;

    Inbox(NodeId self, std::shared_ptr<core::Mailboxes> mailboxes, Heard heard, BootTime now)
        : self_(self), mailboxes_(std::move(mailboxes)), heard_(std::move(heard)), ticked_(now.count()) {}

    void receive(std::string_view envelope, BootTime now);

    // By the DirectoryActor, every 100 ms or so. True: the process stood still before it.
    bool tick(BootTime now);
    // Drops mail until `nonce` comes back.
    void expect(std::uint64_t nonce) { awaited_ = nonce; }
    // A new connection brings nothing old.
    void reconnected() { awaited_ = 0; }

    const InboxCounters& counters() const { return counters_; }

private:
    void deliver(const MailBatch& batch, BootTime now);

    const NodeId self_;
    const std::shared_ptr<core::Mailboxes> mailboxes_;
    const Heard heard_;
    std::atomic<std::int64_t> ticked_;
    std::atomic<std::uint64_t> awaited_{0};  // nonce of the marker; 0: none
    InboxCounters counters_;
};

}  // namespace rookery::pool
