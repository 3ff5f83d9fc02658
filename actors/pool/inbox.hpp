// What other nodes send to this one, by whatever way it comes: their word about registrations goes to whoever follows
// the directory, mail straight to the mailboxes. Any thread, but what one way brings must come in its order. Node
// scope.
//
// A batch is sent by one way only. When a sender has changed from the bus to the link, the bus may still hold some of
// its batches; those that come more than `late` after the change are dropped. What is sent to all may come by both
// ways: the second copy is dropped.
//
// A process that stood still (suspended, stopped) finds old mail waiting when it goes on. Between the last tick it
// lived through and the return of a marker it sends to itself behind that mail, everything is dropped and counted.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "actors/core/mailboxes.hpp"
#include "actors/pool/codec.hpp"
#include "actors/pool/envelope_mac.hpp"
#include "actors/pool/routes.hpp"

namespace rookery::pool {

struct InboxCounters {
    std::atomic<std::uint64_t> delivered{0};
    std::atomic<std::uint64_t> not_here{0};   // addressed to this node, but its session has gone
    std::atomic<std::uint64_t> too_old{0};    // came while this process stood still, or long after its time
    std::atomic<std::uint64_t> repeated{0};   // second copies
    std::atomic<std::uint64_t> malformed{0};  // envelopes
    std::atomic<std::uint64_t> wrong_mac{0};  // envelopes without this pool's MAC
    std::atomic<std::uint64_t> foreign{0};    // envelopes that came over a link and were not its node's
};

// CLOCK_BOOTTIME: goes on while the machine sleeps.
using BootTime = std::chrono::nanoseconds;
BootTime boot_time();

class Inbox {
public:
    // Longer without a tick: the process stood still.
    static constexpr std::chrono::milliseconds stood_still{2'000};
    static constexpr std::chrono::milliseconds late{3'000};
    // What clients had sent meanwhile is read within this time.
    static constexpr std::chrono::milliseconds waking{500};

    using Heard = std::function<void(NodeId from, Message message)>;

    Inbox(NodeId self, EnvelopeMac mac, std::shared_ptr<core::Mailboxes> mailboxes, std::shared_ptr<Routes> routes,
          Heard heard, BootTime now)
        : self_(self),
          mac_(std::move(mac)),
          mailboxes_(std::move(mailboxes)),
          routes_(std::move(routes)),
          heard_(std::move(heard)),
          ticked_(now.count()) {}

    void receive(std::string_view envelope, BootTime now);               // over the bus
    void receive(NodeId link, std::string_view envelope, BootTime now);  // over the link to that node
    void forget(NodeId node);                                            // it has left the pool

    // By the DirectoryActor, every 100 ms or so. True: the process stood still before it.
    bool tick(BootTime now);
    // Just after the process stood still: one message of a client is dropped, and counted as too old.
    bool drops_old(BootTime now);
    // Drops mail until `nonce` comes back.
    void expect(std::uint64_t nonce) { awaited_ = nonce; }
    // A new connection brings nothing old.
    void reconnected() { awaited_ = 0; }

    const InboxCounters& counters() const { return counters_; }

private:
    struct Sender {
        Way way = Way::bus;
        std::uint64_t changed_at = 0;  // the first batch that came over the link
        BootTime changed{};
        std::uint64_t last_to_all = 0;
    };
    std::optional<Envelope> open(std::string_view bytes);
    bool in_time(NodeId from, const MailBatch& batch, Way way, BootTime now);
    void deliver(NodeId from, const MailBatch& batch, Way way, BootTime now);

    const NodeId self_;
    const EnvelopeMac mac_;
    const std::shared_ptr<core::Mailboxes> mailboxes_;
    const std::shared_ptr<Routes> routes_;
    const Heard heard_;
    std::atomic<std::int64_t> ticked_;
    std::atomic<std::int64_t> woken_{std::numeric_limits<std::int64_t>::min() / 2};
    std::atomic<std::uint64_t> awaited_{0};  // nonce of the marker; 0: none
    std::atomic<bool> warned_{false};        // of a MAC
    std::mutex mutex_;                       // of senders_
    std::map<NodeId, Sender> senders_;
    InboxCounters counters_;
};

}  // namespace rookery::pool
