// A child of a supervisor, as data. Include this in actor shells and wiring only.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "actors/core/actor.hpp"
#include "actors/core/restart_policy.hpp"

namespace rookery::core {

// Starts one incarnation of a child in the place it is given. Throwing is a crash of the child.
using ChildFactory = std::function<caf::actor(ActorContext)>;

enum class ChildKind {
    worker,
    blocking,    // has a thread of its own and may wait in a handler: the watchdog gives it more time
    supervisor,  // bounds the stop of its own children itself, so nobody kills it for being slow
};

struct ChildSpec {
    std::string id;  // unique among its siblings
    ChildFactory start;
    Restart restart = Restart::permanent;
    ChildKind kind = ChildKind::worker;
    std::optional<std::chrono::milliseconds> shutdown_timeout = std::nullopt;  // else the supervisor's
};

// A factory for `T(caf::actor_config&, ActorContext, args...)` that also fills `ref` with each incarnation, before its
// make_behavior() runs (unless detached): what that looks up includes all that was done before a message was lost.
template <class T, caf::spawn_options Options = caf::no_spawn_options, class Handle, class... Args>
ChildFactory child_of(Ref<Handle> ref, Args... args) {
    return [=](ActorContext context) {
        auto handle = context.system->caf().template spawn<T, Options + caf::lazy_init>(context, args...);
        ref.set(handle);
        caf::anon_send(handle, GetStatus{Reply<ActorStatus>([](const Result<ActorStatus>&) {})});  // begin
        return caf::actor_cast<caf::actor>(handle);
    };
}

// The ends of an actor that concern its supervisor.
// Done, or told to stop: nobody needs to hear of it.
bool is_calm(const caf::error& reason);
// It failed; the text has a line per level of the tree, the outermost first.
caf::error failure(std::string reasons);
// Something below does not end even when killed, so it holds what a new incarnation would need: only a new process
// helps. No level starts again what ends with this.
caf::error hopeless(std::string reasons);
bool is_hopeless(const caf::error& reason);

}  // namespace rookery::core
