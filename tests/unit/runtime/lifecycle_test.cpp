// Phases and degradations of a node, and the lines they leave in the log.
#include "runtime/lifecycle.hpp"

#include <vector>

#include "actors/core/log.hpp"
#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::runtime;

namespace {

struct Lines final : core::log::Sink {
    std::vector<std::string> lines;
    Lines() { core::log::install(this, {}); }
    ~Lines() override { core::log::install(nullptr, {}); }
    void write(const core::log::Line& line) override { lines.emplace_back(line.text); }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a node goes forwards through its phases, each told once") {
    Lines log;
    Lifecycle node;
    std::vector<Phase> told;
    node.on_phase([&](Phase phase) { told.push_back(phase); });
    CHECK(node.text() == "starting");
    CHECK_FALSE(node.ready());
    CHECK(node.enter(Phase::ready));
    CHECK(node.ready());
    CHECK(node.text() == "ready");
    CHECK(node.enter(Phase::draining));
    CHECK_FALSE(node.ready());
    CHECK(node.text() == "draining");
    CHECK_FALSE(node.enter(Phase::draining));
    CHECK_FALSE(node.enter(Phase::ready));
    CHECK(told == std::vector{Phase::ready, Phase::draining});
    CHECK(log.lines == Texts{"node is ready", "node is draining"});
}

TEST_CASE("a node that never was ready can leave") {
    Lifecycle node;
    CHECK(node.enter(Phase::draining));
    CHECK(node.text() == "draining");
}

TEST_CASE("a degraded node stays ready and names what does not work; the reason is for the operator") {
    Lines log;
    Lifecycle node;
    node.enter(Phase::ready);
    node.degrade("store", "disk full");
    node.degrade("store", "disk still full");
    node.degrade("nats", "no route");
    CHECK(node.ready());
    CHECK(node.text() == "degraded: nats, store");
    CHECK(node.state().degraded.at("store") == "disk still full");
    node.recover("store");
    node.recover("store");
    CHECK(node.text() == "degraded: nats");
    node.recover("nats");
    CHECK(node.text() == "ready");
    CHECK(log.lines == Texts{"node is ready", "node is degraded: store: disk full", "node is degraded: nats: no route",
                             "node recovered: store works again", "node recovered: nats works again"});
}

TEST_CASE("what does not work at the start shows once the node is ready") {
    Lifecycle node;
    node.degrade("store", "disk full");
    CHECK(node.text() == "starting");
    node.enter(Phase::ready);
    CHECK(node.text() == "degraded: store");
    node.enter(Phase::draining);
    CHECK(node.text() == "draining");
}
