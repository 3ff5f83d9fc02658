#include "actors/pool/ways.hpp"

#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::pool;
using namespace std::chrono_literals;

namespace {

const core::SteadyTime now{1h};

struct FakeBus final : Bus {
    std::vector<std::optional<NodeId>> sent;
    int woken = 0;
    bool send(std::optional<NodeId> to, std::string) override {
        sent.push_back(to);
        return true;
    }
    bool connected() const override { return true; }
    void mail_waits(std::optional<NodeId>) override { ++woken; }
};

struct FakeLinks final : DirectLinks {
    std::vector<NodeId> sent;
    int woken = 0;
    Direct own() const override { return {}; }
    void know(NodeId, const Direct&) override {}
    void lose(NodeId) override {}
    void departed(NodeId) override {}
    bool send(NodeId node, std::string) override {
        sent.push_back(node);
        return true;
    }
    void mail_waits(std::optional<NodeId>) override { ++woken; }
    void bus_changed() override {}
};

struct Fixture {
    std::shared_ptr<Routes> routes = std::make_shared<Routes>();
    std::shared_ptr<Outboxes> outboxes = std::make_shared<Outboxes>();
    std::shared_ptr<FakeBus> bus = std::make_shared<FakeBus>();
    std::shared_ptr<FakeLinks> links = std::make_shared<FakeLinks>();
    Ways ways{1, {}, routes, outboxes};

    Fixture() { ways.use(bus, links); }
    void post(std::optional<NodeId> to) {
        outboxes->add(to, {{core::Realm::signal, "k"}, std::make_shared<const std::string>("m"), !to}, now);
    }
    std::optional<NodeId> next_for_bus() {
        const auto parcel = ways.for_bus(1'000, now);
        return parcel ? std::optional(parcel->to.value_or(0)) : std::nullopt;
    }
};

using Nodes = std::vector<NodeId>;
using Targets = std::vector<std::optional<NodeId>>;

}  // namespace

TEST_CASE_METHOD(Fixture, "Each node gets its mail by its own way, and by no other") {
    routes->set_bus(true);
    routes->set_link(2, true, true);    // hears the bus
    routes->set_link(3, false, false);  // does not
    for (const NodeId node : {2, 3, 4}) post(node);
    CHECK_FALSE(ways.for_link(2, now));
    CHECK(ways.for_link(3, now));
    CHECK(next_for_bus() == 4);  // no link: the bus is what there is
    CHECK(next_for_bus() == 2);
    CHECK_FALSE(next_for_bus());
    CHECK_FALSE(ways.for_link(3, now));
}

TEST_CASE_METHOD(Fixture, "What goes to all goes over the bus, and over the links of those who do not hear it") {
    routes->set_bus(true);
    routes->set_link(2, true, true);
    routes->set_link(3, false, false);
    CHECK(ways.send(std::nullopt, "heartbeat"));
    CHECK(bus->sent == Targets{std::nullopt});
    CHECK(links->sent == Nodes{3});
    post(std::nullopt);
    CHECK_FALSE(ways.for_link(3, now));
    CHECK(next_for_bus() == 0);
    CHECK(links->sent == Nodes{3, 3});
}

TEST_CASE_METHOD(Fixture, "Without the bus all goes over the links") {
    routes->set_link(2, false, false);
    routes->set_link(3, false, false);
    CHECK(ways.connected());
    CHECK(ways.send(3, "snapshot"));
    CHECK(links->sent == Nodes{3});
    links->sent.clear();
    post(std::nullopt);
    post(2);
    CHECK_FALSE(next_for_bus());
    CHECK(ways.for_link(2, now));
    CHECK(links->sent == Nodes{2, 3});
    CHECK(bus->sent.empty());
    routes->drop_link(2);
    routes->drop_link(3);
    CHECK_FALSE(ways.connected());
}

TEST_CASE_METHOD(Fixture, "Mail that waits is offered to the way of its node; a change of ways, to both") {
    routes->set_bus(true);
    routes->set_link(3, false, false);
    ways.mail_waits(2);
    CHECK(bus->woken == 1);
    ways.mail_waits(3);
    CHECK(links->woken == 1);
    ways.changed();
    CHECK(bus->woken == 2);
    CHECK(links->woken == 2);
}
