#include "actors/core/vitals.hpp"

#include "tests/unit/actors/core/supervision_fixture.hpp"

using namespace rookery;
using namespace rookery::test;
using Fixture = SupervisionFixture;

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
    CHECK(find().handled == 3);  // the first one began its life
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
    CHECK(totals.handled == handled + 3);  // what the crashed one did stays in the sum
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
