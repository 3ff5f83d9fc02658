#include "runtime/lifecycle.hpp"

#include "actors/core/log.hpp"

namespace rookery::runtime {

namespace log = core::log;

std::string NodeState::text() const {
    if (phase == Phase::starting) return "starting";
    if (phase == Phase::draining) return "draining";
    if (degraded.empty()) return "ready";
    std::string names;
    for (const auto& [what, why] : degraded) names += (names.empty() ? "" : ", ") + what;
    return "degraded: " + names;
}

NodeState Lifecycle::state() const {
    std::lock_guard lock(mutex_);
    return state_;
}

bool Lifecycle::enter(Phase phase) {
    std::string text;
    {
        std::lock_guard lock(mutex_);
        if (phase <= state_.phase) return false;
        state_.phase = phase;
        text = state_.text();
    }
    log::info("node is {}", text);
    if (changed_) changed_(phase);
    return true;
}

void Lifecycle::degrade(const std::string& what, const std::string& why) {
    {
        std::lock_guard lock(mutex_);
        if (!state_.degraded.insert_or_assign(what, why).second) return;
    }
    log::warn("node is degraded: {}: {}", what, why);
}

void Lifecycle::recover(const std::string& what) {
    {
        std::lock_guard lock(mutex_);
        if (state_.degraded.erase(what) == 0) return;
    }
    log::info("node recovered: {} works again", what);
}

}  // namespace rookery::runtime
