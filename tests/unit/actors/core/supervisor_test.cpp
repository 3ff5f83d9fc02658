// Supervision under CAF's test coordinator: nothing runs until the test says so, and time is virtual.
#include "actors/core/supervisor.hpp"

#include "tests/unit/actors/core/supervision_fixture.hpp"

using namespace rookery;
using namespace rookery::test;
using core::Restart;
using core::Strategy;
using Fixture = SupervisionFixture;

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
        auto s = supervise(parameters(), {worker("a", a)}, Strategy::one_for_one, jitter);
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
    auto s = supervise(parameters(), {worker("a", a)});
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
    CHECK(**reason == "root: a crashed 4 times within 1000 ms\nroot/a: the last one");
}

TEST_CASE_METHOD(Fixture, "crashes spread over more than the period do not add up") {
    core::Ref<WorkerHandle> a;
    auto s = supervise(parameters(), {worker("a", a)});
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
    auto s = supervise(parameters(),
                       {nested("inner", Strategy::one_for_one, parameters(), {worker("a", a)}), worker("b", b)});
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

    // Inner failing again and again takes the outer one down, with the reasons of all levels in its own.
    for (int i = 0; i < 40 && !reason->has_value(); ++i) {
        a.send(Crash{"boom"});
        run();
        advance(50ms);
    }
    REQUIRE(reason->has_value());
    CHECK(**reason ==
          "root: inner crashed 4 times within 1000 ms\n"
          "root/inner: a crashed 4 times within 1000 ms\n"
          "root/inner/a: boom");
    CHECK(log->lines.back() == "stop b");
}

TEST_CASE_METHOD(Fixture, "who is stopped and started again, by strategy, kind of child and kind of end") {
    const auto strategy = GENERATE(Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one);
    const auto restart = GENERATE(Restart::permanent, Restart::transient, Restart::temporary);
    const auto crash = GENERATE(true, false);
    CAPTURE(core::to_string(strategy), static_cast<int>(restart), crash);
    core::Ref<WorkerHandle> a, b, c;
    auto s = supervise(parameters(), {worker("a", a), worker("b", b, restart), worker("c", c)}, strategy);
    run();
    REQUIRE(taken() == Lines{"start a", "start b", "start c"});
    crash ? b.send(Crash{"boom"}) : b.send(End{});
    run();
    const bool again = restart == Restart::permanent || (restart == Restart::transient && crash);
    if (!again) {
        advance(1000ms);
        CHECK(taken() == Lines{"stop b"});
    } else if (strategy == Strategy::one_for_one) {
        CHECK(taken() == Lines{"stop b"});
        advance(10ms);
        CHECK(taken() == Lines{"start b"});
    } else if (strategy == Strategy::rest_for_one) {
        CHECK(taken() == Lines{"stop b", "stop c"});
        advance(10ms);
        CHECK(taken() == Lines{"start b", "start c"});
    } else {
        CHECK(taken() == Lines{"stop b", "stop c", "stop a"});
        advance(10ms);
        CHECK(taken() == Lines{"start a", "start b", "start c"});
    }
    stop(s);
    CHECK(taken() == (again ? Lines{"stop c", "stop b", "stop a"} : Lines{"stop c", "stop a"}));
}

TEST_CASE_METHOD(Fixture, "temporary siblings have one life, transient ones begin anew with the others") {
    core::Ref<WorkerHandle> a, b, c;
    auto s = supervise(parameters(),
                       {worker("a", a), worker("b", b, Restart::temporary), worker("c", c, Restart::transient)},
                       Strategy::one_for_all);
    run();
    c.send(End{});
    run();
    taken();
    a.send(Crash{"boom"});
    run();
    advance(10ms);
    CHECK(taken() == Lines{"stop a", "stop b", "start a", "start c"});
    stop(s);
}

TEST_CASE_METHOD(Fixture, "an earlier child that crashes during the back-off takes the waiting ones along") {
    core::Ref<WorkerHandle> a, b, c;
    auto s = supervise(parameters(), {worker("a", a), worker("b", b), worker("c", c)}, Strategy::rest_for_one);
    run();
    taken();
    b.send(Crash{"first"});
    run();
    advance(5ms);
    a.send(Crash{"second"});
    run();
    advance(5ms);  // the first one's back-off is over, the second one's is not
    CHECK(taken() == Lines{"stop b", "stop c", "stop a"});
    advance(5ms);
    CHECK(taken() == Lines{"start a", "start b", "start c"});
    stop(s);
}

TEST_CASE_METHOD(Fixture, "a sibling that crashes while it is stopped for a restart is not counted") {
    auto p = parameters();
    p.max_restarts = 1;
    core::Ref<WorkerHandle> a, b;
    auto s = supervise(p, {worker("a", a), worker("b", b)}, Strategy::one_for_all);
    const auto reason = watch(s);
    run();
    a.send(Crash{"first"});
    b.send(Crash{"second"});
    run();
    advance(10ms);
    CHECK_FALSE(reason->has_value());
    CHECK(starts("a") == 2);
    CHECK(starts("b") == 2);
    stop(s);
}

TEST_CASE_METHOD(Fixture, "a child that dies before its first message has crashed") {
    core::Ref<WorkerHandle> a, b;
    log->failing_starts = 2;
    auto s = supervise(parameters(), {worker("a", a), worker("b", b)}, Strategy::rest_for_one);
    const auto reason = watch(s);
    run();
    for (const auto wait : {10ms, 20ms}) advance(wait);
    CHECK_FALSE(reason->has_value());
    a.send(Poke{});
    b.send(Poke{});
    run();
    CHECK(taken() == Lines{"start a", "stop a", "start b", "stop b", "start a", "start b", "poke a", "poke b"});
    stop(s);
}

TEST_CASE_METHOD(Fixture, "a child that cannot be made has crashed, and whoever comes after it waits") {
    core::Ref<WorkerHandle> a, b;
    int failing = 2;
    auto made = worker("a", a);
    const auto start = made.start;
    made.start = [&failing, start](core::ActorContext context) {
        if (failing-- > 0) throw std::runtime_error("no memory");
        return start(context);
    };
    auto s = supervise(parameters(), {made, worker("b", b)}, Strategy::rest_for_one);
    run();
    CHECK(taken().empty());
    advance(10ms);
    CHECK(taken().empty());
    advance(20ms);
    CHECK(taken() == Lines{"start a", "start b"});
    stop(s);

    failing = 100;
    s = supervise(parameters(), {made}, Strategy::rest_for_one);
    const auto reason = watch(s);
    run();
    for (int i = 0; i < 3; ++i) advance(50ms);
    REQUIRE(reason->has_value());
    CHECK(**reason == "root: a crashed 4 times within 1000 ms\nroot/a: cannot be started: no memory");
}

TEST_CASE_METHOD(Fixture, "a supervisor that crashes stops its children in order, then it ends") {
    core::Ref<WorkerHandle> a, b;
    auto s = supervise(parameters(), {worker("a", a), worker("b", b)});
    const auto reason = watch(s);
    run();
    taken();
    // Its own timer with nonsense: std::vector::at throws.
    caf::anon_send(caf::actor_cast<core::SupervisorHandle>(s), core::StopOverdue{7, 1, false});
    run();
    CHECK(taken() == Lines{"stop b", "stop a"});
    REQUIRE(reason->has_value());
    CHECK(reason->value().find("root: ") == 0);
}

TEST_CASE_METHOD(Fixture, "a supervisor that is killed leaves no child behind") {
    core::Ref<WorkerHandle> a;
    auto s = supervise(parameters(), {worker("a", a), nested("inner", Strategy::one_for_one, parameters(), {})});
    run();
    caf::anon_send_exit(s, caf::exit_reason::kill);
    run();
    CHECK(system.vitals().size() == 0);
    CHECK(log->lines.back() == "stop a");
}

TEST_CASE_METHOD(Fixture, "a child that does not stop in time is killed, and then the one before it is stopped") {
    auto p = parameters();
    p.shutdown_timeout = 200ms;
    core::Ref<WorkerHandle> a, b;
    log->deaf = true;
    auto b_spec = worker("b", b);
    b_spec.shutdown_timeout = 50ms;  // of its own
    auto s = supervise(p, {worker("a", a), b_spec});
    const auto reason = watch(s);
    run();
    taken();
    stop(s);
    advance(49ms);
    CHECK(taken().empty());
    advance(1ms);
    CHECK(taken() == Lines{"stop b"});
    advance(199ms);
    CHECK(taken().empty());
    advance(1ms);
    CHECK(taken() == Lines{"stop a"});
    CHECK(reason->has_value());
    CHECK(system.vitals().size() == 0);  // killed actors leave the registry, too
}

TEST_CASE_METHOD(Fixture, "a child that was deaf in its last life has its time anew") {
    auto p = parameters();
    p.shutdown_timeout = 100ms;
    core::Ref<WorkerHandle> a, b;
    log->deaf = true;
    auto s = supervise(p, {worker("a", a), worker("b", b)}, Strategy::rest_for_one);
    run();
    a.send(Crash{"boom"});
    run();
    advance(90ms);
    caf::anon_send_exit(b.get(), caf::exit_reason::kill);  // ends just before its time is over
    log->deaf = false;
    run();
    REQUIRE(starts("b") == 2);
    b.send(Poke{});
    advance(20ms);  // the old timer rings
    CHECK(log->lines.back() == "poke b");
    stop(s);
}

TEST_CASE_METHOD(Fixture, "a child that hangs even when killed: nobody starts it again, the root says where it hangs") {
    auto p = parameters();
    p.shutdown_timeout = 100ms;
    std::promise<void> release;
    core::Ref<WorkerHandle> a, hanging, b;
    core::ChildSpec spec;
    spec.id = "hanging";
    spec.kind = core::ChildKind::blocking;
    spec.start = core::child_of<Worker, caf::detached>(hanging, "hanging", std::make_shared<Log>());
    auto s =
        supervise(parameters(), {nested("inner", Strategy::one_for_all, p, {worker("a", a), spec}), worker("b", b)});
    const auto reason = watch(s);
    run();
    hanging.send(Hang{release.get_future().share()});
    a.send(Crash{"boom"});
    run();
    advance(100ms);
    CHECK_FALSE(reason->has_value());
    advance(100ms);
    REQUIRE(reason->has_value());
    CHECK(reason->value().find("root: inner cannot be stopped\nroot/inner: hanging cannot be stopped\n"
                               "root/inner/hanging: does not end even when killed") == 0);
    CHECK(starts("a") == 1);
    CHECK(log->lines.back() == "stop b");  // an orderly end for all others
    release.set_value();
}

TEST_CASE_METHOD(Fixture, "a restarted child shows why the one before it crashed") {
    core::Ref<WorkerHandle> a;
    auto s = supervise(parameters(), {worker("a", a)});
    run();
    a.send(Crash{"no such peer: x"});
    run();
    advance(10ms);
    const auto all = system.vitals().snapshot();
    const auto it = std::find_if(all.begin(), all.end(), [](const auto& status) { return status.path == "root/a"; });
    REQUIRE(it != all.end());
    CHECK(it->restarts == 1);
    CHECK(it->last_error == "no such peer: x");
    const auto counts = vitals->supervision();
    CHECK(std::string(counts->kind) == "one_for_one");
    CHECK(counts->children == 1);
    CHECK(counts->running == 1);
    CHECK(counts->crashed == 1);
    stop(s);
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
