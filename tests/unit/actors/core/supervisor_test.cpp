// Supervision under CAF's test coordinator: nothing runs until the test says so, and time is virtual.
#include "actors/core/supervisor.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include "tests/catch.hpp"

using namespace rookery;
using namespace std::chrono_literals;

namespace {

struct Crash {
    std::string why;
};
struct Poke {};

}  // namespace
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(Crash)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(Poke)
namespace {

using WorkerHandle = core::Interface<caf::reacts_to<Crash>, caf::reacts_to<Poke>>;

struct Log {
    std::vector<std::string> lines;
};

class Worker : public core::Actor<WorkerHandle> {
public:
    Worker(caf::actor_config& config, core::ActorContext context, std::string id, std::shared_ptr<Log> log)
        : Actor(config, std::move(context)), id_(std::move(id)), log_(std::move(log)) {}
    behavior_type make_behavior() override {
        log_->lines.push_back("start " + id_);
        return {status_handler(), [](const Crash& c) { throw std::runtime_error(c.why); },
                [this](const Poke&) { log_->lines.push_back("poke " + id_); }};
    }
    void on_exit() override {
        log_->lines.push_back("stop " + id_);
        Actor::on_exit();
    }

private:
    std::string id_;
    std::shared_ptr<Log> log_;
};

struct Fixture {
    core::System system{{.workers = 1, .deterministic = true}};
    std::shared_ptr<Log> log = std::make_shared<Log>();
    std::shared_ptr<core::Vitals> vitals = std::make_shared<core::Vitals>("root", nullptr);

    auto& scheduler() { return dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler()); }
    void run() { scheduler().run(); }
    void advance(std::chrono::milliseconds by) {
        scheduler().advance_time(by);
        run();
    }
    core::ChildSpec worker(const std::string& id, core::Ref<WorkerHandle> ref) {
        return {id, core::child_of<Worker>(ref, id, log)};
    }
    auto supervise(config::Supervision parameters, std::vector<core::ChildSpec> children, double jitter = 0.5) {
        return system.caf().spawn<core::Supervisor>(core::ActorContext{&system, vitals}, parameters, children,
                                                    core::Jitter([jitter] { return jitter; }));
    }
    std::size_t starts(const std::string& id) {
        return static_cast<std::size_t>(std::count(log->lines.begin(), log->lines.end(), "start " + id));
    }
    // What ended the actor, once it has ended.
    std::shared_ptr<std::optional<std::string>> watch(const caf::actor& a) {
        auto reason = std::make_shared<std::optional<std::string>>();
        a->attach_functor([this, reason](const caf::error& e) { *reason = core::describe(system.caf(), e); });
        return reason;
    }
    ~Fixture() { run(); }
};

config::Supervision parameters() {
    config::Supervision p;
    p.max_restarts = 3;
    p.period = 1000ms;
    p.backoff_first = 10ms;
    p.backoff_max = 40ms;
    return p;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a crashed child is started again, its sibling is not touched") {
    core::Ref<WorkerHandle> a, b;
    auto s = supervise(parameters(), {worker("a", a), worker("b", b)});
    run();
    REQUIRE(log->lines == std::vector<std::string>{"start a", "start b"});
    const auto first = a.get();
    a.send(Crash{"boom"});
    run();
    CHECK(starts("a") == 1);  // the back-off first
    advance(10ms);
    CHECK(starts("a") == 2);
    CHECK(starts("b") == 1);
    CHECK(a.get() != first);
    a.send(Poke{});  // the reference leads to the new incarnation
    run();
    CHECK(log->lines.back() == "poke a");
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(Fixture, "the back-off doubles up to its maximum and starts anew after a calm period") {
    auto p = parameters();
    p.max_restarts = 100;
    core::Ref<WorkerHandle> a;
    auto s = supervise(p, {worker("a", a)});
    run();
    std::size_t started = 1;
    for (const auto wait : {10ms, 20ms, 40ms, 40ms}) {
        a.send(Crash{"boom"});
        run();
        advance(wait - 1ms);
        CHECK(starts("a") == started);
        advance(1ms);
        CHECK(starts("a") == ++started);
    }
    advance(1001ms);
    a.send(Crash{"boom"});
    run();
    advance(10ms);
    CHECK(starts("a") == started + 1);
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(Fixture, "jitter moves a restart by up to a fifth both ways") {
    for (const auto& [jitter, wait] : {std::pair{0.0, 8ms}, std::pair{1.0, 12ms}}) {
        core::Ref<WorkerHandle> a;
        log->lines.clear();
        auto s = supervise(parameters(), {worker("a", a)}, jitter);
        run();
        a.send(Crash{"boom"});
        run();
        advance(wait - 1ms);
        CHECK(starts("a") == 1);
        advance(1ms);
        CHECK(starts("a") == 2);
        caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
        run();
    }
}

TEST_CASE_METHOD(Fixture, "more crashes than allowed within the period: the supervisor fails with the reasons") {
    core::Ref<WorkerHandle> a;
    auto s = caf::actor_cast<caf::actor>(supervise(parameters(), {worker("a", a)}));
    const auto reason = watch(s);
    run();
    for (int i = 0; i < 3; ++i) {
        a.send(Crash{"boom"});
        run();
        advance(50ms);
        REQUIRE_FALSE(reason->has_value());
    }
    a.send(Crash{"the last one"});
    run();
    REQUIRE(reason->has_value());
    CHECK(**reason == "root: a crashed 4 times within 1000 ms, the last time with: the last one");
}

TEST_CASE_METHOD(Fixture, "crashes spread over more than the period do not add up") {
    core::Ref<WorkerHandle> a;
    auto s = caf::actor_cast<caf::actor>(supervise(parameters(), {worker("a", a)}));
    const auto reason = watch(s);
    run();
    for (int i = 0; i < 20; ++i) {
        a.send(Crash{"boom"});
        run();
        advance(400ms);
    }
    CHECK_FALSE(reason->has_value());
    CHECK(starts("a") == 21);
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(Fixture, "a failing supervisor is a crashed child of the level above") {
    core::Ref<WorkerHandle> a, b;
    auto inner = [this, a](core::ActorContext context) {
        return caf::actor_cast<caf::actor>(context.system->caf().spawn<core::Supervisor>(
            context, parameters(), std::vector<core::ChildSpec>{worker("a", a)}, core::Jitter([] { return 0.5; })));
    };
    auto s = caf::actor_cast<caf::actor>(supervise(parameters(), {{"inner", inner}, worker("b", b)}));
    const auto reason = watch(s);
    run();
    for (int i = 0; i < 4; ++i) {
        a.send(Crash{"boom"});
        run();
        advance(50ms);
    }
    CHECK(starts("a") == 5);  // 1 + 3 restarts + 1 by the new inner supervisor
    CHECK(starts("b") == 1);
    CHECK_FALSE(reason->has_value());

    // Inner failing again and again takes the outer one down, with both reasons in its own.
    for (int i = 0; i < 40 && !reason->has_value(); ++i) {
        a.send(Crash{"boom"});
        run();
        advance(50ms);
    }
    REQUIRE(reason->has_value());
    CHECK(reason->value().find("root: inner crashed 4 times") == 0);
    CHECK(reason->value().find("root/inner: a crashed 4 times") != std::string::npos);
    CHECK(log->lines.back() == "stop b");
}

TEST_CASE_METHOD(Fixture, "children stop one by one, the last started first") {
    core::Ref<WorkerHandle> a, b, c;
    auto s = supervise(parameters(), {worker("a", a), worker("b", b), worker("c", c)});
    run();
    log->lines.clear();
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
    run();
    CHECK(log->lines == std::vector<std::string>{"stop c", "stop b", "stop a"});
}

TEST_CASE_METHOD(Fixture, "a child that ends by itself is not started again") {
    core::Ref<WorkerHandle> a;
    auto s = supervise(parameters(), {worker("a", a)});
    run();
    caf::anon_send_exit(a.get(), caf::exit_reason::user_shutdown);
    run();
    advance(1000ms);
    CHECK(starts("a") == 1);
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(Fixture, "a thousand sessions killed at once leave the supervisor and nothing else") {
    auto s = system.caf().spawn<core::SessionSupervisor>(core::ActorContext{&system, vitals});
    std::vector<core::Ref<WorkerHandle>> refs(1000);
    for (std::size_t i = 0; i < refs.size(); ++i)
        caf::anon_send(s, core::StartChild{std::to_string(i), worker("s", refs[i]).start});
    run();
    CHECK(starts("s") == 1000);
    CHECK(system.vitals().size() == 1001);
    for (const auto& ref : refs) caf::anon_send_exit(ref.get(), caf::exit_reason::kill);
    run();
    CHECK(system.vitals().size() == 1);

    std::optional<core::ActorStatus> status;
    caf::anon_send(s, core::GetStatus{core::Reply<core::ActorStatus>(
                          [&](core::Result<core::ActorStatus> answer) { status = *answer; })});
    run();
    REQUIRE(status);
    CHECK(status->path == "root");
    CHECK(status->details == std::vector<std::pair<std::string, std::string>>{
                                 {"sessions", "0"}, {"started", "1000"}, {"crashed", "1000"}});
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(Fixture, "the text of an escaped exception is kept") {
    auto s = system.caf().spawn<core::SessionSupervisor>(core::ActorContext{&system, vitals});
    core::Ref<WorkerHandle> a;
    caf::anon_send(s, core::StartChild{"a", worker("a", a).start});
    run();
    a.send(Crash{"no such peer: x"});
    run();
    CHECK(vitals->last_error() == "no such peer: x");
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(Fixture, "an actor counts its mailbox and its messages") {
    core::Ref<WorkerHandle> a;
    auto s = supervise(parameters(), {worker("a", a)});
    run();
    a.send(Poke{});
    a.send(Poke{});
    const auto find = [this] {
        for (const auto& status : system.vitals().snapshot())
            if (status.path == "root/a") return status;
        throw std::runtime_error("not listed");
    };
    CHECK(find().depth == 2);
    run();
    CHECK(find().depth == 0);
    CHECK(find().handled == 2);
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(Fixture, "totals are the sums of what the actors show") {
    std::vector<core::Ref<WorkerHandle>> refs(100);
    std::vector<core::ChildSpec> children;
    for (std::size_t i = 0; i < refs.size(); ++i) children.push_back(worker(std::to_string(i), refs[i]));
    auto s = supervise(parameters(), children);
    run();
    for (const auto& ref : refs) ref.send(Poke{});
    CHECK(system.vitals().totals().depth == 100);
    run();
    refs[7].send(Crash{"boom"});
    run();
    CHECK(system.vitals().totals().living == 100);  // one waits for its restart
    advance(10ms);
    const auto totals = system.vitals().totals();
    CHECK(totals.living == 101);
    CHECK(totals.living == system.vitals().size());
    CHECK(totals.depth == 0);
    CHECK(totals.restarts == 1);
    std::uint64_t handled = 0;
    for (const auto& status : system.vitals().snapshot()) handled += status.handled;
    CHECK(totals.handled == handled);
    CHECK(totals.handled >= 99);
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(Fixture, "a request whose actor died before it was handled is answered") {
    core::Ref<WorkerHandle> a;
    auto s = supervise(parameters(), {worker("a", a)});
    run();
    std::optional<core::Result<core::ActorStatus>> answer;
    a.send(Crash{"boom"});
    a.send(core::GetStatus{core::Reply<core::ActorStatus>([&](auto result) { answer = std::move(result); })});
    run();
    REQUIRE(answer);
    REQUIRE_FALSE(answer->has_value());
    CHECK(answer->error().kind == core::ErrorKind::unavailable);
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
}
