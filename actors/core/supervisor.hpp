// Supervision: who starts whom, and what happens when one dies. Child specs are data; the order in which they
// are listed is the start order, stopping is the reverse. Include this in actor shells and wiring only.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/core/actor.hpp"
#include "config/config.hpp"

namespace rookery::core {

// Starts one incarnation of a child in the place it is given.
using ChildFactory = std::function<caf::actor(ActorContext)>;

struct ChildSpec {
    std::string id;  // unique among its siblings
    ChildFactory start;
};

// A factory for `T(caf::actor_config&, ActorContext, args...)` that also fills `ref` with each incarnation.
template <class T, caf::spawn_options Options = caf::no_spawn_options, class Handle, class... Args>
ChildFactory child_of(Ref<Handle> ref, Args... args) {
    return [=](ActorContext context) {
        auto handle = context.system->caf().template spawn<T, Options>(context, args...);
        ref.set(handle);
        return caf::actor_cast<caf::actor>(handle);
    };
}

// Uniform in [0, 1); jitter of restarts. Seeded in tests.
using Jitter = std::function<double()>;
Jitter random_jitter();

// A supervisor's own timers, not for others.
struct RestartChild {
    std::size_t index = 0;
    std::uint32_t restarts = 0;  // of the child when it was scheduled: an outdated one is ignored
};
struct KillChild {
    std::size_t index = 0;
};

}  // namespace rookery::core

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::RestartChild)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::KillChild)

namespace rookery::core {

using SupervisorHandle = Interface<caf::reacts_to<RestartChild>, caf::reacts_to<KillChild>>;

// one_for_one: a child that crashes is started again after a back-off, its siblings are not touched. More than
// `max_restarts` crashes within `period` and the supervisor itself fails with the chain of reasons: the level
// above decides. A child that ends by itself without an error is not started again.
class Supervisor : public Actor<SupervisorHandle> {
public:
    Supervisor(caf::actor_config& config, ActorContext context, config::Supervision parameters,
               std::vector<ChildSpec> children, Jitter jitter = random_jitter());

    behavior_type make_behavior() override;

private:
    struct Child {
        ChildSpec spec;
        caf::actor handle;  // empty while it waits for its restart
        std::shared_ptr<Vitals> vitals;
        std::uint32_t restarts = 0;
        std::uint32_t consecutive = 0;  // crashes without a calm period between them: the back-off's exponent
        caf::actor_clock::time_point started{};
    };

    std::vector<std::pair<std::string, std::string>> details() const override;
    void start(std::size_t index);
    void on_down(const caf::down_msg& down);
    void stop_next();
    void begin_stop(caf::error reason);
    std::chrono::nanoseconds backoff(std::uint32_t consecutive);

    const config::Supervision parameters_;
    std::vector<Child> children_;
    Jitter jitter_;
    std::deque<caf::actor_clock::time_point> crashes_;
    std::optional<caf::error> stopping_;  // the reason to end with, once the children have ended
};

// Starts a child at run time, as asked for by whoever accepted a connection.
struct StartChild {
    std::string id;
    ChildFactory start;
};

}  // namespace rookery::core

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::StartChild)

namespace rookery::core {

using SessionsHandle = Interface<caf::reacts_to<StartChild>>;

// Dynamic: children are sessions. They are temporary: one that crashes is counted and logged, never restarted,
// since its connection died with it and the client comes back by itself.
class SessionSupervisor : public Actor<SessionsHandle> {
public:
    SessionSupervisor(caf::actor_config& config, ActorContext context);

    behavior_type make_behavior() override;
    void on_exit() override;

private:
    std::vector<std::pair<std::string, std::string>> details() const override;

    std::map<caf::actor_addr, caf::actor> children_;
    std::uint64_t started_ = 0;
    std::uint64_t crashed_ = 0;
};

}  // namespace rookery::core
