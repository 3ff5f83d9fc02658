// Where a node stands between its start and its end, and what of it does not work. Status, metrics and every kind of
// health check read it; one line of the log per change. Node scope; thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace rookery::runtime {

enum class Phase { starting, ready, draining };

// A node that is degraded serves on: what does not work is refused call by call, and leaving would take the rest away
// too (design §5). So only the phase decides whether balancers send work.
struct NodeState {
    Phase phase = Phase::starting;
    std::map<std::string, std::string> degraded;  // what ("store") -> why, for the operator

    bool ready() const { return phase == Phase::ready; }
    // "starting", "ready", "degraded: disk, store", "draining". Without the reasons, which are for the operator.
    std::string text() const;
};

class Lifecycle {
public:
    NodeState state() const;
    bool ready() const { return state().ready(); }
    std::string text() const { return state().text(); }

    // Forwards only; false: it was there already, or beyond.
    bool enter(Phase phase);
    // Something does not work, for a reason; the first reason is logged, a later one replaces it silently.
    void degrade(const std::string& what, const std::string& why);
    void recover(const std::string& what);

    // `changed` hears of every change of phase, on the thread that made it. Set before the first one.
    void on_phase(std::function<void(Phase)> changed) { changed_ = std::move(changed); }

private:
    mutable std::mutex mutex_;
    NodeState state_;
    std::function<void(Phase)> changed_;
};

}  // namespace rookery::runtime
