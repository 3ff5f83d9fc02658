// Where a node stands between its start and its end. Node scope; read from any thread.
#pragma once

#include <atomic>

namespace rookery::runtime {

enum class Phase { starting, ready, draining };

class Lifecycle {
public:
    Phase phase() const { return phase_; }
    void set(Phase phase) { phase_ = phase; }

    bool ready() const { return phase_ == Phase::ready; }
    // "starting", "ready", "draining"
    const char* text() const;

private:
    std::atomic<Phase> phase_{Phase::starting};
};

}  // namespace rookery::runtime
