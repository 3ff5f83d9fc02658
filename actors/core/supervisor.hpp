// Supervision: who starts whom, and what happens when one dies. Child specs are data; the order in which they
// are listed is the start order, stopping is the reverse. Include this in actor shells and wiring only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/core/child_spec.hpp"

namespace rookery::core {

// Uniform in [0, 1); jitter of restarts. Seeded in tests.
using Jitter = std::function<double()>;
Jitter random_jitter();

// A supervisor's own timers, not for others.
struct RestartDue {
    std::uint32_t round = 0;
};
struct StopOverdue {
    std::size_t index = 0;
    std::uint32_t incarnation = 0;  // an outdated one is ignored
    bool killed = false;            // and even that did not help
};

}  // namespace rookery::core

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::RestartDue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::core::StopOverdue)

namespace rookery::core {

using SupervisorHandle = Interface<caf::reacts_to<RestartDue>, caf::reacts_to<StopOverdue>>;

// Starts its children and, by its strategy, starts again what crashed, after a back-off. Too many crashes within the
// period and it fails itself, after its children have stopped, with the chain of reasons: the level above decides.
// A child that cannot be made, or dies before its first message, has crashed like any other.
//
// Stopping: one child at a time, the last started first. A child that takes longer than its time-out is killed; one
// that survives that (it hangs in a handler) is given up, and the end is then `hopeless`.
class Supervisor : public Actor<SupervisorHandle> {
public:
    Supervisor(caf::actor_config& config, ActorContext context, Strategy strategy, config::Supervision parameters,
               std::vector<ChildSpec> children, Jitter jitter = random_jitter());

    behavior_type make_behavior() override;
    caf::invoke_message_result consume(caf::mailbox_element& element) override;
    void on_exit() override;

private:
    struct Child {
        ChildSpec spec;
        caf::actor handle;  // empty while it does not run
        std::shared_ptr<Vitals> vitals;
        std::uint32_t incarnation = 0;
        std::uint32_t in_a_row = 0;  // ends without a calm period between them: the back-off's exponent
        std::uint32_t round = 0;     // the restart that it waits for; 0: none
        bool told_to_stop = false;
        caf::actor_clock::time_point started{};
        caf::actor_clock::time_point ended{};
        std::string last_error;
    };
    // Children that start again together, once all of them have ended and the back-off is over.
    struct Round {
        std::uint32_t number = 0;
        ChildRange children;
        bool due = false;
    };

    std::vector<std::pair<std::string, std::string>> details() const override;
    ChildRange all() const { return {0, children_.size()}; }
    void start(ChildRange range);
    void start(std::size_t index);
    void on_down(const caf::down_msg& down);
    void on_overdue(const StopOverdue& overdue);
    void on_end(std::size_t index, const caf::error& reason);
    std::chrono::nanoseconds begin_round(std::size_t index);
    void go_on_with(std::uint32_t round);
    bool stop_last(ChildRange range);
    void begin_stop(caf::error reason);
    void give_up(caf::error hopeless);
    void go_on_stopping();
    void gone(Child& child);
    std::string reasons(const Child& child, const std::string& what, const std::string& why) const;

    const Strategy strategy_;
    const config::Supervision parameters_;
    RestartPolicy policy_;
    std::vector<Child> children_;
    const Jitter jitter_;
    const std::shared_ptr<SupervisionVitals> counts_;
    std::vector<Round> rounds_;
    std::uint32_t last_round_ = 0;
    std::optional<caf::error> stopping_;  // the reason to end with, once the children have ended
};

}  // namespace rookery::core
