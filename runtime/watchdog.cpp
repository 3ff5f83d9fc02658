#include "runtime/watchdog.hpp"

#include <algorithm>

#include "actors/core/log.hpp"

namespace rookery::runtime {
namespace {

namespace log = core::log;
using std::chrono::milliseconds;

milliseconds limit(bool may_block, const config::Watchdog& limits) {
    return may_block ? limits.stuck_after_blocking : limits.stuck_after;
}

void report(const StuckActors::Notice& n) {
    if (n.stuck)
        log::warn("{} is stuck: it has handled one {} for {} ms; {} messages wait", n.path, n.message, n.lasted.count(),
                  n.depth);
    else
        log::info("{} is free again after {} ms with one {}", n.path, n.lasted.count(), n.message);
}

}  // namespace

bool is_stuck(const core::ActorStatus& actor, const config::Watchdog& limits) {
    return actor.handling_for > limit(actor.may_block, limits);
}

std::vector<StuckActors::Notice> StuckActors::look(const core::VitalsRegistry& actors, core::SteadyTime now) {
    const auto now_ns = now.time_since_epoch().count();
    const auto lasted = [&](std::int64_t since) {
        return std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(now_ns - since));
    };
    std::vector<Notice> notices;
    std::erase_if(episodes_, [&](const auto& entry) {
        const auto& episode = entry.second;
        if (episode.vitals->handling_since_ns.load() == episode.since_ns) return false;
        notices.push_back(
            {false, episode.vitals->path(), episode.message, lasted(episode.since_ns), episode.vitals->depth.load()});
        return true;
    });
    std::vector<Episode> begun;
    actors.for_each([&](const auto& vitals) {
        const auto since = vitals->handling_since_ns.load();
        if (since == 0 || lasted(since) <= limit(vitals->may_block(), limits_)) return;
        if (!episodes_.contains(vitals.get())) begun.push_back({vitals, since, {}});
    });
    for (auto& episode : begun) {
        const auto status = core::status_of(*episode.vitals);
        if (episode.vitals->handling_since_ns.load() != episode.since_ns) continue;  // free meanwhile
        episode.message = status.handling;
        notices.push_back({true, status.path, status.handling, lasted(episode.since_ns), status.depth});
        const auto* key = episode.vitals.get();
        episodes_.emplace(key, std::move(episode));
    }
    return notices;
}

Watchdog::Watchdog(const core::VitalsRegistry& actors, config::Watchdog limits)
    : actors_(actors),
      period_(std::clamp(limits.stuck_after / 4, milliseconds(10), milliseconds(1'000))),
      stuck_(limits),
      thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
    {
        std::lock_guard lock(mutex_);
        over_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Watchdog::watch() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, period_, [this] { return over_; })) {
        lock.unlock();
        for (const auto& notice : stuck_.look(actors_, std::chrono::steady_clock::now())) report(notice);
        lock.lock();
    }
}

}  // namespace rookery::runtime
