#include "runtime/watchdog.hpp"

#include "tests/catch.hpp"

using namespace rookery;
using namespace std::chrono_literals;

namespace {

struct Poke {};

struct Fixture {
    core::VitalsRegistry registry;
    std::shared_ptr<core::Vitals> root = std::make_shared<core::Vitals>("node", nullptr);
    std::shared_ptr<core::Vitals> actor = std::make_shared<core::Vitals>("writes", root);
    std::shared_ptr<core::Vitals> store = std::make_shared<core::Vitals>("store", root, true);
    runtime::StuckActors stuck{config::Watchdog{1s, 10s}};
    const core::SteadyTime begin{1h};

    Fixture() {
        registry.add(actor);
        registry.add(store);
    }
    void handle(core::Vitals& v, core::SteadyTime since) {
        v.handling = typeid(Poke).name();
        v.handling_since_ns = since.time_since_epoch().count();
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "one notice when an actor is stuck, one when it is free again") {
    CHECK(stuck.look(registry, begin).empty());
    handle(*actor, begin);
    actor->depth = 7;
    CHECK(stuck.look(registry, begin + 1000ms).empty());
    const auto notices = stuck.look(registry, begin + 1001ms);
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].stuck);
    CHECK(notices[0].path == "node/writes");
    CHECK(notices[0].message.find("Poke") != std::string::npos);
    CHECK(notices[0].lasted == 1001ms);
    CHECK(notices[0].depth == 7);
    CHECK(stuck.look(registry, begin + 60s).empty());  // said already

    actor->handling_since_ns = 0;
    const auto over = stuck.look(registry, begin + 61s);
    REQUIRE(over.size() == 1);
    CHECK_FALSE(over[0].stuck);
    CHECK(over[0].lasted == 61s);
    CHECK(over[0].message == notices[0].message);
    CHECK(stuck.look(registry, begin + 62s).empty());
}

TEST_CASE_METHOD(Fixture, "the next long message is a new episode") {
    handle(*actor, begin);
    CHECK(stuck.look(registry, begin + 2s).size() == 1);
    handle(*actor, begin + 3s);  // it was free in between, unseen
    const auto notices = stuck.look(registry, begin + 10s);
    REQUIRE(notices.size() == 2);
    CHECK_FALSE(notices[0].stuck);
    CHECK(notices[1].stuck);
}

TEST_CASE_METHOD(Fixture, "an actor that may block has its own limit") {
    handle(*store, begin);
    CHECK(stuck.look(registry, begin + 10s).empty());
    CHECK(stuck.look(registry, begin + 10'001ms).size() == 1);
}

TEST_CASE_METHOD(Fixture, "an actor that crashed out of it is not stuck any more") {
    handle(*actor, begin);
    CHECK(stuck.look(registry, begin + 2s).size() == 1);
    registry.remove(actor.get());
    actor->handling_since_ns = 0;
    const auto notices = stuck.look(registry, begin + 3s);
    REQUIRE(notices.size() == 1);
    CHECK_FALSE(notices[0].stuck);
}
