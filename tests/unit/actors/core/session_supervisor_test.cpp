#include "actors/core/session_supervisor.hpp"

#include "tests/unit/actors/core/supervision_fixture.hpp"

using namespace rookery;
using namespace rookery::test;
using Fixture = SupervisionFixture;

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

TEST_CASE_METHOD(Fixture, "a session that cannot be made is a crash of its own") {
    auto s = system.caf().spawn<core::SessionSupervisor>(core::ActorContext{&system, vitals});
    core::Ref<WorkerHandle> a;
    caf::anon_send(s,
                   core::StartChild{"x", [](core::ActorContext) -> caf::actor { throw std::runtime_error("full"); }});
    caf::anon_send(s, core::StartChild{"a", worker("a", a).start});
    run();
    CHECK(vitals->last_error() == "cannot be started: full");
    CHECK(vitals->supervision()->crashed == 1);
    CHECK(vitals->supervision()->running == 1);
    CHECK(starts("a") == 1);
    stop(caf::actor_cast<caf::actor>(s));
    CHECK(system.vitals().size() == 0);
}

TEST_CASE_METHOD(Fixture, "sessions end before their supervisor; who does not is killed") {
    auto s = caf::actor_cast<caf::actor>(
        system.caf().spawn<core::SessionSupervisor>(core::ActorContext{&system, vitals}, 100ms));
    const auto reason = watch(s);
    std::vector<core::Ref<WorkerHandle>> refs(3);
    log->deaf = true;
    for (std::size_t i = 0; i < refs.size(); ++i)
        caf::anon_send(caf::actor_cast<core::SessionsHandle>(s),
                       core::StartChild{std::to_string(i), worker(std::to_string(i), refs[i]).start});
    run();
    stop(s);
    caf::anon_send(caf::actor_cast<core::SessionsHandle>(s), core::StartChild{"late", worker("late", {}).start});
    advance(99ms);
    CHECK_FALSE(reason->has_value());
    CHECK(starts("late") == 0);
    advance(1ms);
    CHECK(reason->has_value());
    CHECK(system.vitals().size() == 0);
}

TEST_CASE_METHOD(Fixture, "a session that hangs even when killed does not keep the others from ending") {
    std::promise<void> release;
    auto s = caf::actor_cast<caf::actor>(
        system.caf().spawn<core::SessionSupervisor>(core::ActorContext{&system, vitals}, 100ms));
    const auto reason = watch(s);
    core::Ref<WorkerHandle> a, hanging;
    const auto sessions = caf::actor_cast<core::SessionsHandle>(s);
    caf::anon_send(sessions, core::StartChild{"hanging", core::child_of<Worker, caf::detached>(
                                                             hanging, "hanging", std::make_shared<Log>())});
    caf::anon_send(sessions, core::StartChild{"a", worker("a", a).start});
    run();
    hanging.send(Hang{release.get_future().share()});
    stop(s);
    CHECK(log->lines.back() == "stop a");
    advance(100ms);
    advance(100ms);
    REQUIRE(reason->has_value());
    CHECK(reason->value().find("root: 1 sessions do not end even when killed, hanging among them") == 0);
    release.set_value();
}
