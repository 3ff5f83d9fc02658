// What every actor shows of itself. `Vitals` is read without the actor's mailbox, so also when it is stuck;
// `ActorStatus` is its own answer. Node scope.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "actors/core/faults.hpp"

namespace rookery::core {

// What a supervisor shows beside.
struct SupervisionVitals {
    explicit SupervisionVitals(const char* kind) : kind(kind) {}
    const char* const kind;                  // its strategy, or "sessions"
    std::atomic<std::uint64_t> children{0};  // in its specs; sessions: started so far
    std::atomic<std::uint64_t> running{0};
    std::atomic<std::uint64_t> crashed{0};
};

// Written by one actor (and by whoever enqueues to it), read by anyone.
class Vitals {
public:
    // `may_block`: the actor has a thread of its own and may wait in its handlers.
    Vitals(std::string name, std::shared_ptr<const Vitals> parent, bool may_block = false)
        : name_(std::move(name)), parent_(std::move(parent)), may_block_(may_block) {}

    const std::string& name() const { return name_; }
    const std::shared_ptr<const Vitals>& parent() const { return parent_; }
    bool may_block() const { return may_block_; }
    std::string path() const;  // "node/roles/signal"

    std::atomic<std::int64_t> depth{0};  // messages in the mailbox
    std::atomic<std::uint64_t> handled{0};
    std::atomic<std::int64_t> busy_ns{0};            // time spent in handlers
    std::atomic<std::int64_t> handling_since_ns{0};  // steady clock; 0: idle
    std::atomic<const char*> handling{nullptr};      // mangled type name of the message in work
    std::atomic<std::uint32_t> restarts{0};

    void set_last_error(std::string text);
    std::string last_error() const;

    void set_supervision(std::shared_ptr<const SupervisionVitals> supervision);
    std::shared_ptr<const SupervisionVitals> supervision() const;  // of a supervisor, else empty

#ifdef ROOKERY_FAULTS
    std::function<void()> crash;  // set by the actor before it is in the registry
#endif

private:
    const std::string name_;
    const std::shared_ptr<const Vitals> parent_;
    const bool may_block_;
    mutable std::mutex mutex_;
    std::string last_error_;
    std::shared_ptr<const SupervisionVitals> supervision_;
};

struct ActorStatus {
    std::string path;
    std::string name;
    std::size_t level = 0;  // 0: the root
    bool may_block = false;
    std::shared_ptr<const SupervisionVitals> supervision;  // of a supervisor, else empty
    std::int64_t depth = 0;
    std::uint64_t handled = 0;
    std::chrono::nanoseconds busy{0};
    std::uint32_t restarts = 0;
    std::string last_error;
    std::string handling;  // message in work, empty when idle
    std::chrono::nanoseconds handling_for{0};
    std::vector<std::pair<std::string, std::string>> details;  // what this kind of actor adds
};

ActorStatus status_of(const Vitals& vitals);

// An actor that works on one message for longer is stuck: its handlers must not block.
inline constexpr std::chrono::seconds stuck_after{1};

// Sums over all actors; `living` and `depth` over the living, the others over the ended ones too, so that they only
// grow.
struct ActorTotals {
    std::size_t living = 0;
    std::int64_t depth = 0;
    std::uint64_t handled = 0;
    std::chrono::nanoseconds busy{0};
    std::uint64_t restarts = 0;
    std::size_t stuck = 0;  // living, and for longer than `stuck_after` in one handler
};

// All living actors of the node: as many entries as sessions are open, so a reader takes one shard's lock after the
// other and nobody who starts or ends an actor waits for a whole pass.
class VitalsRegistry {
public:
    void add(std::shared_ptr<const Vitals> vitals);
    void remove(const Vitals* vitals);
    std::vector<ActorStatus> snapshot() const;  // in the order of the tree; makes texts, so it is for people
    ActorTotals totals() const;                 // reads counters alone: for a scrape
    std::size_t size() const;

#ifdef ROOKERY_FAULTS
    bool crash(const std::string& path) const;  // false: no such actor
#endif

    // Under a shard's lock: `visit` must be short, and must not start or end an actor.
    void for_each(const std::function<void(const std::shared_ptr<const Vitals>&)>& visit) const;

private:
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_set<std::shared_ptr<const Vitals>> living;
        ActorTotals ended;
    };

    Shard& shard_of(const Vitals* vitals);

    std::array<Shard, 32> shards_;
};

}  // namespace rookery::core
