// Finds actors that have handled one message for too long: blocked, or in an endless loop. Reads their vitals, never
// their mailboxes, from a thread of its own, so that nothing that hangs can keep it from saying so. Node scope.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/core/vitals.hpp"
#include "config/config.hpp"

namespace rookery::runtime {

bool is_stuck(const core::ActorStatus& actor, const config::Watchdog& limits);

// What to tell of each look: the beginning and the end of every episode, once.
class StuckActors {
public:
    struct Notice {
        bool stuck = true;  // false: it is free again, or gone
        std::string path;
        std::string message;  // the type of what it handles
        std::chrono::milliseconds lasted{0};
        std::int64_t depth = 0;  // messages that wait for it
    };

    explicit StuckActors(config::Watchdog limits) : limits_(limits) {}

    std::vector<Notice> look(const core::VitalsRegistry& actors, core::SteadyTime now);

private:
    struct Episode {
        std::shared_ptr<const core::Vitals> vitals;
        std::int64_t since_ns = 0;
        std::string message;
    };

    const config::Watchdog limits_;
    std::unordered_map<const core::Vitals*, Episode> episodes_;
};

class Watchdog {
public:
    Watchdog(const core::VitalsRegistry& actors, config::Watchdog limits);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    void watch();

    const core::VitalsRegistry& actors_;
    const std::chrono::milliseconds period_;
    StuckActors stuck_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace rookery::runtime
