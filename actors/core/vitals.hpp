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

namespace rookery::core {

// Written by one actor (and by whoever enqueues to it), read by anyone.
class Vitals {
public:
    Vitals(std::string name, std::shared_ptr<const Vitals> parent)
        : name_(std::move(name)), parent_(std::move(parent)) {}

    const std::string& name() const { return name_; }
    std::string path() const;  // "node/roles/signal"

    std::atomic<std::int64_t> depth{0};  // messages in the mailbox
    std::atomic<std::uint64_t> handled{0};
    std::atomic<std::int64_t> busy_ns{0};            // time spent in handlers
    std::atomic<std::int64_t> handling_since_ns{0};  // steady clock; 0: idle
    std::atomic<const char*> handling{nullptr};      // mangled type name of the message in work
    std::atomic<std::uint32_t> restarts{0};

    mutable std::uint32_t ended_restarts = 0;  // the registry's: restarts when it ended, under its shard's lock

    void set_last_error(std::string text);
    std::string last_error() const;

private:
    const std::string name_;
    const std::shared_ptr<const Vitals> parent_;
    mutable std::mutex mutex_;
    std::string last_error_;
};

struct ActorStatus {
    std::string path;
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
    std::vector<ActorStatus> snapshot() const;  // sorted by path; makes texts, so it is for people
    ActorTotals totals() const;                 // reads counters alone: for a scrape
    std::size_t size() const;

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
