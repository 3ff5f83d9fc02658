// When which session's health is due: one timer for all sessions of a node. Pure.
// Bound: one entry per session; that of a session which ended stays until its time, one check period at most.
#pragma once

#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/relay/presence.hpp"

namespace rookery::relay {

class HealthRound {
public:
    void add(SessionId session, core::SteadyTime at) { waiting_.emplace(at, session); }

    // The next session whose time has come: add it again, unless it has ended.
    std::optional<SessionId> take_due(core::SteadyTime now) {
        if (waiting_.empty() || waiting_.top().first > now) return std::nullopt;
        const auto session = waiting_.top().second;
        waiting_.pop();
        return session;
    }

    std::optional<core::SteadyTime> next() const {
        if (waiting_.empty()) return std::nullopt;
        return waiting_.top().first;
    }

private:
    using Entry = std::pair<core::SteadyTime, SessionId>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> waiting_;  // earliest first
};

}  // namespace rookery::relay
