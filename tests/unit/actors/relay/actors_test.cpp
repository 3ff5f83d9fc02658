// The actors of the relay on a scheduler and a clock that the test drives.
#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "actors/core/supervisor.hpp"
#include "actors/relay/link_actor.hpp"
#include "actors/relay/presence_actor.hpp"
#include "actors/relay/wire.hpp"
#include "tests/catch.hpp"
#include "tests/unit/actors/relay/vectors.hpp"

namespace rookery::relay {
namespace {

using namespace std::chrono_literals;
using test::numbered;
using Ids = std::vector<PeerId>;
using Messages = std::vector<std::string>;

const PeerId A = numbered(1);
const PeerId B = numbered(2);

// A link without a connection: closing it is reported as an adapter would.
class FakeLink : public FrameTarget {
public:
    void deliver(std::span<const Frame>) override {}
    void send(std::span<const std::string> messages) override {
        if (fail_on_send) throw std::runtime_error("the link is on fire");
        if (!closed) sent.insert(sent.end(), messages.begin(), messages.end());
    }
    void close(CloseReason reason) override {
        if (closed) return;
        closed = reason;
        if (events) std::exchange(events, nullptr)->closed(reason);
    }
    std::uint32_t health_answers() const override { return answers; }

    Messages take() { return std::exchange(sent, {}); }

    Messages sent;
    std::optional<CloseReason> closed;
    std::uint32_t answers = 0;
    bool fail_on_send = false;
    std::shared_ptr<LinkEvents> events;
};

struct Fixture {
    core::System system{{.workers = 1, .deterministic = true}};
    std::shared_ptr<Routes> routes = std::make_shared<Routes>();
    std::shared_ptr<RelayCounters> counters = std::make_shared<RelayCounters>();
    core::Ref<PresenceHandle> presence;
    core::Ref<core::SessionsHandle> sessions;
    caf::actor root;
    LinkGate gate{sessions, presence};
    std::vector<std::shared_ptr<FakeLink>> links;

    Fixture() {
        root = caf::actor_cast<caf::actor>(system.caf().spawn<core::Supervisor>(
            core::ActorContext{&system, std::make_shared<core::Vitals>("relay", nullptr)}, core::Strategy::one_for_one,
            config::Supervision{},
            std::vector<core::ChildSpec>{
                {"presence",
                 core::child_of<PresenceActor>(presence, routes, counters, Presence::Limits{}, Health::Settings{}, 0u)},
                {"links", core::child_of<core::SessionSupervisor>(sessions)}},
            [] { return 0.5; }));
        run();
    }
    ~Fixture() {
        caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
        root = nullptr;
        run();
        links.clear();
        presence.set({});
        sessions.set({});
    }

    caf::scheduler::test_coordinator& scheduler() {
        return dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler());
    }
    // The actors that are ready, not the timers.
    void run() { scheduler().run(); }
    void pass(std::chrono::seconds time) {
        for (; time > 0s; time -= 1s) {
            scheduler().advance_time(1s);
            run();
        }
    }

    std::shared_ptr<FakeLink> connect(const PeerId& id) {
        auto link = links.emplace_back(std::make_shared<FakeLink>());
        link->events = gate.open({id, "192.0.2.1:1000", {}}, link);
        run();
        return link;
    }
};

TEST_CASE("an authenticated link becomes routable and counted, and is neither after its end") {
    Fixture f;
    const auto a = f.connect(A);
    CHECK(f.routes->find(A.view()) == a);
    CHECK(f.counters->peers == 1);
    a->close(CloseReason::peer_closed);
    f.run();
    CHECK(f.routes->size() == 0);
    CHECK(f.counters->peers == 0);
    CHECK(a.use_count() == 2);  // the test's two
}

TEST_CASE("subscriptions are answered and events follow, in order") {
    Fixture f;
    const auto a = f.connect(A);
    a->events->subscribe({B});
    f.run();
    CHECK(a->take().empty());
    auto b = f.connect(B);
    CHECK(a->take() == wire::id_list(wire::Type::peers_online, Ids{B}));
    a->events->subscribe({B});
    a->events->subscribe({A, B});
    a->events->unsubscribe({A});
    f.run();
    CHECK(a->take() == Messages{wire::id_list(wire::Type::peers_online, Ids{B})[0],
                                wire::id_list(wire::Type::peers_online, Ids{A, B})[0]});
    b->close(CloseReason::io_error);
    f.run();
    CHECK(a->take() == wire::id_list(wire::Type::peers_went_offline, Ids{B}));
}

TEST_CASE("the newest session of a peer displaces the older one silently") {
    Fixture f;
    const auto a = f.connect(A);
    a->events->subscribe({B});
    const auto old = f.connect(B);
    a->take();
    const auto young = f.connect(B);
    CHECK(old->closed == CloseReason::displaced);
    CHECK(old->take().empty());
    CHECK_FALSE(young->closed);
    CHECK(f.routes->find(B.view()) == young);
    CHECK(a->take().empty());
    CHECK(f.counters->reconnections == 1);
    CHECK(f.counters->peers == 2);
}

TEST_CASE("health checks every 25 s; silence ends the link") {
    Fixture f;
    const auto a = f.connect(A);
    const auto b = f.connect(B);
    a->events->subscribe({B});
    f.run();
    a->take();
    f.pass(24s);
    CHECK(b->take().empty());
    f.pass(1s);
    CHECK(b->take() == Messages{wire::health_check()});
    a->answers = 1;
    f.pass(19s);
    CHECK_FALSE(b->closed);
    f.pass(1s);
    CHECK(b->closed == CloseReason::health_timeout);
    CHECK_FALSE(a->closed);
    CHECK(a->take() == Messages{wire::health_check(), wire::id_list(wire::Type::peers_went_offline, Ids{B})[0]});
    CHECK(f.counters->health_timeouts == 1);
    a->answers = 2;
    f.pass(600s);
    CHECK(a->closed == CloseReason::health_timeout);
}

TEST_CASE("each link has its own times, however many came and went") {
    Fixture f;
    const auto a = f.connect(A);
    f.pass(10s);
    const auto b = f.connect(B);
    const auto gone = f.connect(numbered(3));
    gone->close(CloseReason::peer_closed);
    f.pass(14s);
    CHECK(a->take().empty());
    f.pass(1s);
    CHECK(a->take() == Messages{wire::health_check()});
    CHECK(b->take().empty());
    f.pass(10s);
    CHECK(b->take() == Messages{wire::health_check()});
    b->answers = 1;
    f.pass(10s);
    CHECK(a->closed == CloseReason::health_timeout);
    f.pass(15s);
    CHECK_FALSE(b->closed);
    CHECK(b->take() == Messages{wire::health_check()});

    b->close(CloseReason::peer_closed);
    f.pass(60s);  // nobody is left to be asked
    const auto late = f.connect(A);
    f.pass(25s);
    CHECK(late->take() == Messages{wire::health_check()});
}

TEST_CASE("a crashing link actor takes its own socket with it, and nothing else") {
    Fixture f;
    const auto a = f.connect(A);
    const auto b = f.connect(B);
    a->events->subscribe({B});
    f.run();
    a->take();
    REQUIRE(f.system.vitals().crash("relay/links/" + B.display()));
    f.run();
    CHECK(b->closed == CloseReason::actor_ended);
    CHECK(f.routes->find(B.view()) == nullptr);
    CHECK_FALSE(a->closed);
    CHECK(a->take() == Messages{wire::id_list(wire::Type::peers_went_offline, Ids{B})[0]});
}

TEST_CASE("when presence crashes its links are closed, and its next incarnation serves") {
    Fixture f;
    const auto a = f.connect(A);
    const auto b = f.connect(B);
    a->fail_on_send = true;
    a->events->subscribe({B});
    f.run();
    CHECK(a->closed == CloseReason::actor_ended);
    CHECK(b->closed == CloseReason::actor_ended);
    CHECK(f.routes->size() == 0);
    const auto too_early = f.connect(A);  // before the restart
    CHECK(too_early->closed == CloseReason::actor_ended);
    f.pass(2s);
    const auto again = f.connect(A);
    CHECK_FALSE(again->closed);
    CHECK(f.routes->find(A.view()) == again);
}

TEST_CASE("a link that finds no supervisor is closed") {
    LinkGate gate({}, {});
    const auto link = std::make_shared<FakeLink>();
    link->events = gate.open({A, "192.0.2.1:1000", {}}, link);
    CHECK(link->closed == CloseReason::actor_ended);
}

TEST_CASE("every actor answers with its status") {
    Fixture f;
    const auto a = f.connect(A);
    core::ActorStatus status;
    f.presence.send(core::GetStatus{{[&](auto result) { status = result.value(); }}});
    f.run();
    CHECK(status.path == "relay/presence");
    CHECK(status.details[0] == std::pair<std::string, std::string>{"sessions", "1"});
    const auto all = f.system.vitals().snapshot();
    CHECK(std::any_of(all.begin(), all.end(), [](const auto& s) { return s.path == "relay/links/" + A.display(); }));
}

}  // namespace
}  // namespace rookery::relay
