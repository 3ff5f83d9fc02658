// Workers that crash, end and hang at will, under CAF's test coordinator: nothing runs until the test says so, and
// time is virtual.
#pragma once

#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <future>

#include "actors/core/session_supervisor.hpp"
#include "actors/core/supervisor.hpp"
#include "tests/catch.hpp"

namespace rookery::test {

struct Crash {
    std::string why;
};
struct Poke {};
struct End {};  // without an error
struct Hang {
    std::shared_future<void> until;
};

}  // namespace rookery::test
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::test::Crash)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::test::Poke)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::test::End)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rookery::test::Hang)
namespace rookery::test {

using namespace std::chrono_literals;

using WorkerHandle =
    core::Interface<caf::reacts_to<Crash>, caf::reacts_to<Poke>, caf::reacts_to<End>, caf::reacts_to<Hang>>;
using Lines = std::vector<std::string>;

struct Log {
    Lines lines;
    int failing_starts = 0;  // so many make_behavior() throw
    bool deaf = false;       // workers do not end when told to
};

class Worker : public core::Actor<WorkerHandle> {
public:
    Worker(caf::actor_config& config, core::ActorContext context, std::string id, std::shared_ptr<Log> log)
        : Actor(config, std::move(context)), id_(std::move(id)), log_(std::move(log)) {}
    behavior_type make_behavior() override {
        log_->lines.push_back("start " + id_);
        if (log_->failing_starts > 0) {
            --log_->failing_starts;
            throw std::runtime_error("no start");
        }
        if (log_->deaf) set_exit_handler([](const caf::exit_msg&) {});
        return {status_handler(), [](const Crash& c) { throw std::runtime_error(c.why); },
                [this](const Poke&) { log_->lines.push_back("poke " + id_); }, [this](const End&) { quit(); },
                [](const Hang& hang) { hang.until.wait(); }};
    }
    void on_exit() override {
        log_->lines.push_back("stop " + id_);
        Actor::on_exit();
    }

private:
    const std::string id_;
    const std::shared_ptr<Log> log_;
};

struct SupervisionFixture {
    core::System system{{.workers = 1, .deterministic = true}};
    std::shared_ptr<Log> log = std::make_shared<Log>();
    std::shared_ptr<core::Vitals> vitals = std::make_shared<core::Vitals>("root", nullptr);

    auto& scheduler() { return dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler()); }
    void run() { scheduler().run(); }
    void advance(std::chrono::milliseconds by) {
        scheduler().advance_time(by);
        run();
    }
    core::ChildSpec worker(const std::string& id, core::Ref<WorkerHandle> ref,
                           core::Restart restart = core::Restart::permanent) {
        return {id, core::child_of<Worker>(ref, id, log), restart};
    }
    core::ChildSpec nested(const std::string& id, core::Strategy strategy, config::Supervision parameters,
                           std::vector<core::ChildSpec> children) {
        core::ChildSpec spec;
        spec.id = id;
        spec.kind = core::ChildKind::supervisor;
        spec.start = [=](core::ActorContext context) {
            return caf::actor_cast<caf::actor>(context.system->caf().spawn<core::Supervisor>(
                context, strategy, parameters, children, core::Jitter([] { return 0.5; })));
        };
        return spec;
    }
    caf::actor supervise(config::Supervision parameters, std::vector<core::ChildSpec> children,
                         core::Strategy strategy = core::Strategy::one_for_one, double jitter = 0.5) {
        return caf::actor_cast<caf::actor>(
            system.caf().spawn<core::Supervisor>(core::ActorContext{&system, vitals}, strategy, parameters, children,
                                                 core::Jitter([jitter] { return jitter; })));
    }
    std::size_t starts(const std::string& id) {
        return static_cast<std::size_t>(std::count(log->lines.begin(), log->lines.end(), "start " + id));
    }
    Lines taken() { return std::exchange(log->lines, {}); }
    // What ended the actor, once it has ended.
    std::shared_ptr<std::optional<std::string>> watch(const caf::actor& a) {
        auto reason = std::make_shared<std::optional<std::string>>();
        a->attach_functor([this, reason](const caf::error& e) { *reason = core::describe(system.caf(), e); });
        return reason;
    }
    void stop(const caf::actor& a) {
        caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
        run();
    }
    ~SupervisionFixture() { run(); }
};

inline config::Supervision parameters() {
    config::Supervision p;
    p.max_restarts = 3;
    p.period = 1000ms;
    p.backoff_first = 10ms;
    p.backoff_max = 40ms;
    return p;
}

}  // namespace rookery::test
