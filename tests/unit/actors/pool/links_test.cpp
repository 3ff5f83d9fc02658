#include "actors/pool/links.hpp"

#include "tests/catch.hpp"
#include "tests/unit/actors/pool/link_world.hpp"

using namespace rookery;
using namespace rookery::pool;
using namespace rookery::pool::test;
using namespace std::chrono_literals;

namespace {

using Received = std::vector<std::pair<NodeId, std::string>>;

LinkView view_of(const LinkWorld::Host& host, NodeId node) {
    for (const auto& view : host.links->views())
        if (view.node == node) return view;
    return {};
}

}  // namespace

TEST_CASE("Nodes that have met are linked, and carry each other's envelopes") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    world.meet(a, b);
    world.pass(200ms);
    CHECK(a.way(2) == Way::link);
    CHECK(b.way(1) == Way::link);
    CHECK(world.open() == 1);
    CHECK(view_of(a, 2).dialed);  // the lower id dials
    CHECK_FALSE(view_of(b, 1).dialed);
    CHECK(world.send(a, b, "to b"));
    CHECK(world.send(b, a, std::string(1'000'000, 'x')));
    CHECK(b.received == Received{{1, "to b"}});
    CHECK(a.received == Received{{2, std::string(1'000'000, 'x')}});
    CHECK(view_of(a, 2).state == LinkState::up);
    CHECK(view_of(a, 2).round_trip);
    CHECK(a.links->counters().opened == 1);
}

TEST_CASE("NATS is the way while both hear each other over it, whatever link there is") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    world.meet(a, b);
    world.pass(200ms);
    const auto both = [&] {
        a.routes.heard_over_bus(2, world.now);
        b.routes.heard_over_bus(1, world.now);
    };
    world.set_bus(a, true);
    world.set_bus(b, true);
    CHECK(a.way(2) == Way::link);  // nothing has come over it yet
    both();
    world.pass(200ms);
    CHECK(a.way(2) == Way::bus);
    CHECK(b.way(1) == Way::bus);

    SECTION("one loses it: the other knows at once") {
        world.set_bus(a, false);
        CHECK(a.way(2) == Way::link);
        CHECK(b.way(1) == Way::link);
        CHECK(b.routes.by_link() == std::vector<NodeId>{1});
    }
    SECTION("nothing comes through, though both have it") {
        world.pass(2'200ms);
        CHECK(a.way(2) == Way::link);
        CHECK(b.way(1) == Way::link);
        both();
        world.pass(200ms);
        CHECK(a.way(2) == Way::bus);
    }
}

TEST_CASE("Silence ends a link after three seconds, and it comes back when there is a way again") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    world.meet(a, b);
    world.pass(5s);
    CHECK(a.way(2) == Way::link);
    world.cut(a, b);
    world.pass(2'000ms);
    CHECK(a.way(2) == Way::link);
    world.pass(1'200ms);
    CHECK(a.way(2) == Way::none);
    CHECK(b.way(1) == Way::none);
    CHECK(view_of(a, 2).trouble == "silence");
    CHECK_FALSE(world.send(a, b, "nowhere"));
    world.pass(30s);
    world.cut(a, b, false);
    world.pass(20s);
    CHECK(a.way(2) == Way::link);
    CHECK(b.way(1) == Way::link);
}

TEST_CASE("A process that dies is seen at once") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    world.meet(a, b);
    world.pass(200ms);
    world.crash(b);
    CHECK(a.way(2) == Way::none);
    CHECK(a.links->counters().lost == 1);
}

TEST_CASE("Who has met only one of the pool is linked to all") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    auto& c = world.add(3);
    world.meet(a, b);
    world.pass(200ms);
    world.meet(c, b);
    world.pass(2s);  // who hears of the other first dials in vain, once
    CHECK(c.way(1) == Way::link);
    CHECK(a.way(3) == Way::link);
    CHECK(world.open() == 3);
}

TEST_CASE("If the lower id does not come, the higher one dials") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    auto unreachable = b.direct();
    unreachable.addresses = {"nowhere:1"};
    LinkEffects effects;
    a.links->know(2, unreachable, world.now, effects);
    world.introduce(b, a);
    world.pass(2s);
    CHECK(a.way(2) == Way::none);
    world.pass(2s);
    CHECK(a.way(2) == Way::link);
    CHECK(view_of(b, 1).dialed);
}

TEST_CASE("Of two connections both sides keep the same") {
    LinkSettings settings;
    settings.higher_waits = 0ms;  // both dial at once
    LinkWorld world(settings);
    auto& a = world.add(1);
    auto& b = world.add(2);
    world.meet(a, b);
    world.pass(1s);
    CHECK(world.open() == 1);
    CHECK(view_of(a, 2).dialed);
    CHECK(world.send(a, b, "x"));
    CHECK(world.send(b, a, "y"));
    CHECK(a.received == Received{{2, "y"}});
    CHECK(b.received == Received{{1, "x"}});
}

TEST_CASE("A node with another key, or one that nobody announced, gets no link") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    SECTION("not announced") {
        world.introduce(a, b);
    }
    SECTION("another key than announced") {
        world.introduce(a, b);
        auto other = a.direct();
        other.key[0] ^= 1;
        LinkEffects effects;
        b.links->know(1, other, world.now, effects);
    }
    world.pass(1s);
    CHECK(a.way(2) == Way::none);
    CHECK(b.way(1) == Way::none);
    CHECK(b.links->counters().refused == 1);
    CHECK(view_of(a, 2).trouble == "closed by the other side");
}

TEST_CASE("Strangers on the link port: silence, garbage, half a greeting, too much, too many") {
    LinkSettings settings;
    settings.max_unproved = 2;
    LinkWorld world(settings);
    auto& a = world.add(1);
    LinkEffects effects;
    const auto one = a.links->accept("stranger", world.now);
    const auto two = a.links->accept("stranger", world.now);
    REQUIRE(one);
    REQUIRE(two);
    CHECK_FALSE(a.links->accept("stranger", world.now));
    CHECK(a.links->counters().full == 1);

    a.links->receive(*one, std::string("\x10\0\0\0garbage", 11), world.now, effects);
    a.links->receive(*two, std::string("\x01\x01\0\0", 4), world.now, effects);  // 257 bytes to come
    CHECK(effects.close == std::vector<Connection>{*two});
    CHECK(a.links->counters().refused == 1);
    a.links->receive(*one, std::string(16, 'g'), world.now, effects);
    CHECK(effects.close.size() == 2);
    CHECK(a.links->counters().refused == 2);

    const auto slow = a.links->accept("stranger", world.now);
    REQUIRE(slow);
    a.links->receive(*slow, std::string("\x55\0\0\0", 4), world.now, effects);
    for (int i = 0; i < 30; ++i) {  // a byte now and then helps nobody
        a.links->receive(*slow, "R", world.now, effects);
        world.pass(100ms);
    }
    CHECK(a.links->counters().slow == 1);
    CHECK(a.links->unproved() == 0);
}

TEST_CASE("A recorded handshake opens nothing") {
    adapters::crypto::SodiumLinkCrypto crypto;
    const LinkSelf a{1, crypto.new_keys()}, b{2, crypto.new_keys()};
    const auto key_of = [&](NodeId node) -> std::optional<Key> {
        return node == 1 ? a.keys.public_key : b.keys.public_key;
    };
    auto dialer = Link::dial(a, crypto, 2);
    auto listener = Link::accept(b, crypto);
    const auto greeting = dialer.greet();
    const auto answer = listener.receive(greeting, key_of);
    REQUIRE(answer);
    REQUIRE(dialer.receive(answer->answer, key_of));
    const auto sealed = dialer.seal(Ping{1, true, true});
    const auto got = listener.receive(sealed, key_of);
    REQUIRE(got);
    CHECK(got->messages == std::vector<LinkMessage>{Ping{1, true, true}});
    CHECK(listener.proved());

    auto again = Link::accept(b, crypto);
    REQUIRE(again.receive(greeting, key_of));
    CHECK_FALSE(again.receive(sealed, key_of));
    CHECK_FALSE(again.proved());
    CHECK_FALSE(listener.receive(sealed, key_of));  // nor the same frame twice
    auto own = listener.seal(Ping{});
    CHECK_FALSE(listener.receive(own, key_of));  // nor one of its own
}

TEST_CASE("Too much for a sibling that does not take it is refused and counted") {
    LinkSettings settings;
    settings.max_queued_bytes = 1'000;
    LinkWorld world(settings);
    auto& a = world.add(1);
    auto& b = world.add(2);
    world.meet(a, b);
    world.pass(200ms);
    LinkEffects effects;
    for (int i = 0; i < 20; ++i) a.links->send(2, std::string(100, 'x'), effects);
    const auto dropped = a.links->counters().dropped.load();
    CHECK(dropped > 0);
    CHECK(view_of(a, 2).dropped == dropped);
    CHECK(view_of(a, 2).queued_bytes <= 1'000);
    world.perform(a, std::move(effects));
    world.pass(0ms);
    CHECK(b.received.size() == 20 - dropped);
}

TEST_CASE("A process that stood still trusts no link: what waits there is old") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    world.meet(a, b);
    world.pass(200ms);
    LinkEffects effects;
    a.links->send(2, "old", effects);
    world.now += 2'100ms;  // neither ticks
    world.perform(a, std::move(effects));
    world.pass(0ms);
    CHECK(b.received.empty());
    CHECK(b.way(1) == Way::none);
    world.pass(5s);
    CHECK(b.way(1) == Way::link);
    CHECK(b.received.empty());
}

TEST_CASE("A goodbye ends the link for good") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    world.meet(a, b);
    world.pass(200ms);
    LinkEffects effects;
    a.links->departed(2, effects);
    world.perform(a, std::move(effects));
    CHECK(a.links->views().empty());
    CHECK(a.way(2) == Way::none);
    CHECK(world.open() == 0);
}

TEST_CASE("A node that stays away is forgotten") {
    LinkWorld world;
    auto& a = world.add(1);
    auto& b = world.add(2);
    world.meet(a, b);
    world.pass(200ms);
    world.crash(b);
    a.links->lose(2, world.now);
    world.pass(9min);
    CHECK(a.links->views().size() == 1);
    world.pass(2min);
    CHECK(a.links->views().empty());
}
