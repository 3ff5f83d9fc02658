#include "actors/pool/replica.hpp"

#include <cstdlib>

#include "tests/catch.hpp"
#include "tests/unit/actors/pool/pool_world.hpp"

using namespace rookery;
using namespace rookery::pool;
using namespace std::chrono_literals;

namespace {

constexpr NodeId a_id = 11, b_id = 22;
const core::MailboxAddress alice{core::Realm::signal, "alice"};
const core::SteadyTime start{1h};
const core::WallTime noon{1'000'000s};

// Two replicas and everything they have sent, delivered by hand.
struct Pair {
    Replica a{a_id, {}, {}, start}, b{b_id, {}, {}, start};
    core::SteadyTime now = start;
    std::vector<Outgoing> from_a, from_b;
    std::vector<Claim> displaced_at_a, displaced_at_b;

    void take(Effects effects, bool of_a) {
        auto& queue = of_a ? from_a : from_b;
        std::move(effects.send.begin(), effects.send.end(), std::back_inserter(queue));
        auto& displaced = of_a ? displaced_at_a : displaced_at_b;
        std::move(effects.displaced.begin(), effects.displaced.end(), std::back_inserter(displaced));
    }
    void on_a(auto call) {
        Effects effects;
        call(a, effects);
        take(std::move(effects), true);
    }
    void on_b(auto call) {
        Effects effects;
        call(b, effects);
        take(std::move(effects), false);
    }
    void exchange() {
        while (!from_a.empty() || !from_b.empty()) {
            for (auto& out : std::exchange(from_a, {}))
                on_b([&](auto& b, auto& e) { b.receive(a_id, std::move(out.message), now, e); });
            for (auto& out : std::exchange(from_b, {}))
                on_a([&](auto& a, auto& e) { a.receive(b_id, std::move(out.message), now, e); });
            on_a([](auto& a, auto& e) { a.flush(e); });
            on_b([](auto& b, auto& e) { b.flush(e); });
        }
    }
    void meet() {
        on_a([&](auto& a, auto& e) { a.connected(now, e); });
        on_b([&](auto& b, auto& e) { b.connected(now, e); });
        exchange();
    }
    // Time passes; what the two say is lost if `lost`.
    void pass(std::chrono::milliseconds time, bool lost = false) {
        for (const auto end = now + time; now < end;) {
            now += 100ms;
            on_a([&](auto& a, auto& e) { a.tick(now, e); });
            on_b([&](auto& b, auto& e) { b.tick(now, e); });
            if (lost) {
                from_a.clear();
                from_b.clear();
            } else {
                exchange();
            }
        }
    }
    core::RegistrationNumber add_at_a(core::WallTime at = noon) {
        core::RegistrationNumber number;
        on_a([&](auto& a, auto& e) { number = a.add(alice, at, e); });
        return number;
    }
};

}  // namespace

TEST_CASE("A registration on one node is found on the other") {
    Pair pair;
    pair.meet();
    const auto number = pair.add_at_a();
    CHECK(pair.a.find(alice, pair.now).place == Place::here);
    pair.on_a([](auto& a, auto& e) { a.flush(e); });
    pair.exchange();
    CHECK(pair.b.find(alice, pair.now).place == Place::elsewhere);
    CHECK(pair.b.find(alice, pair.now).node == a_id);
    pair.on_a([&](auto& a, auto& e) { CHECK(a.remove(alice, number, e)); });
    pair.on_a([](auto& a, auto& e) { a.flush(e); });
    pair.exchange();
    pair.pass(2s);
    CHECK(pair.b.find(alice, pair.now).place == Place::nowhere);
}

TEST_CASE("A newcomer gets what was there before it") {
    Pair pair;
    pair.on_a([&](auto& a, auto& e) { a.connected(pair.now, e); });
    for (int i = 0; i < 1'201; ++i)
        pair.on_a([&](auto& a, auto& e) { a.add({core::Realm::relay, std::to_string(i)}, noon, e); });
    pair.meet();
    CHECK(pair.b.addresses() == 1'201);
    CHECK(pair.b.summary(a_id) == pair.a.summary(a_id));
}

TEST_CASE("The newest registration wins on both nodes, whatever their clocks say") {
    Pair pair;
    pair.meet();
    pair.add_at_a(noon + 5min);
    pair.on_a([](auto& a, auto& e) { a.flush(e); });
    pair.exchange();
    pair.on_b([](auto& b, auto& e) {
        b.add(alice, noon, e);
        b.flush(e);
    });
    pair.exchange();
    REQUIRE(pair.displaced_at_a.size() == 1);
    CHECK(pair.displaced_at_b.empty());
    CHECK(pair.a.find(alice, pair.now).node == b_id);
    CHECK(pair.a.summary(a_id) == Summary{});
}

TEST_CASE("At the same moment on two nodes: one survivor") {
    Pair pair;
    pair.meet();
    pair.add_at_a();
    pair.on_b([](auto& b, auto& e) { b.add(alice, noon, e); });
    pair.on_a([](auto& a, auto& e) { a.flush(e); });
    pair.on_b([](auto& b, auto& e) { b.flush(e); });
    pair.exchange();
    CHECK(pair.displaced_at_a.size() + pair.displaced_at_b.size() == 1);
    CHECK(pair.a.find(alice, pair.now).node == pair.b.find(alice, pair.now).node);
}

TEST_CASE("A late removal never removes a newer registration") {
    Pair pair;
    pair.meet();
    const auto old = pair.add_at_a();
    const auto fresh = pair.add_at_a();
    pair.on_a([&](auto& a, auto& e) {
        CHECK_FALSE(a.remove(alice, old, e));
        a.flush(e);
    });
    pair.exchange();
    CHECK(pair.b.find(alice, pair.now).node == a_id);
    // The removal of the older one comes after the announcement of the newer one.
    pair.on_b([&](auto& b, auto& e) {
        b.receive(a_id, Announcement{2, {{{alice, old.millis, old.counter}, false}}}, pair.now, e);
    });
    CHECK(pair.b.find(alice, pair.now).node == a_id);
    pair.on_b([&](auto& b, auto& e) {
        b.receive(a_id, Announcement{3, {{{alice, fresh.millis, fresh.counter}, false}}}, pair.now, e);
    });
    CHECK(pair.b.find(alice, pair.now).place != Place::elsewhere);
}

TEST_CASE("A lost announcement is noticed and repaired") {
    Pair pair;
    pair.meet();
    pair.add_at_a();
    pair.on_a([](auto& a, auto& e) { a.flush(e); });
    pair.from_a.clear();
    CHECK(pair.b.find(alice, pair.now).place != Place::elsewhere);
    pair.pass(2s);
    CHECK(pair.b.find(alice, pair.now).node == a_id);
    CHECK(pair.b.counters().gaps == 1);
}

TEST_CASE("A replica that differs although it missed nothing is repaired") {
    Pair pair;
    pair.meet();
    // An announcement of somebody who speaks for a: the sequence fits, the digest will not.
    pair.on_b([&](auto& b, auto& e) { b.receive(a_id, Announcement{1, {{{alice, 1, 1}, true}}}, pair.now, e); });
    pair.on_a([](auto& a, auto& e) {
        a.add({core::Realm::signal, "bob"}, noon, e);
        a.flush(e);
    });
    pair.exchange();
    pair.pass(2s);
    CHECK(pair.b.counters().digest_mismatches == 1);
    CHECK(pair.b.summary(a_id) == pair.a.summary(a_id));
}

TEST_CASE("A node that falls silent is gone with its claims after three seconds, and comes back whole") {
    Pair pair;
    pair.meet();
    pair.add_at_a();
    pair.pass(1s);
    CHECK(pair.b.find(alice, pair.now).node == a_id);
    pair.pass(2'800ms, true);
    CHECK(pair.b.siblings().size() == 1);
    pair.pass(400ms, true);
    CHECK(pair.b.siblings().empty());
    CHECK(pair.b.addresses() == 0);
    pair.pass(1'500ms);
    CHECK(pair.b.find(alice, pair.now).node == a_id);
}

TEST_CASE("A goodbye takes effect at once, and what was still under way does not undo it") {
    Pair pair;
    pair.meet();
    pair.add_at_a();
    pair.pass(1s);
    pair.on_a([](auto& a, auto& e) { a.leave(e); });
    pair.exchange();
    CHECK(pair.b.siblings().empty());
    pair.on_b([&](auto& b, auto& e) { b.receive(a_id, Heartbeat{1, 1, 1, 1, false, {}}, pair.now, e); });
    CHECK(pair.b.siblings().empty());
}

TEST_CASE("A miss counts only when all is known") {
    Pair pair;
    CHECK(pair.b.find(alice, pair.now).place == Place::unknown);
    pair.meet();
    CHECK(pair.b.find(alice, pair.now).place == Place::unknown);  // others may still introduce themselves
    pair.pass(1'600ms);
    CHECK(pair.b.find(alice, pair.now).place == Place::nowhere);
    pair.on_b([&](auto& b, auto& e) { b.receive(a_id, Announcement{9, {}}, pair.now, e); });
    CHECK(pair.b.find(alice, pair.now).place == Place::unknown);  // 1 to 8 are missing
    pair.b.disconnected();
    CHECK(pair.b.find(alice, pair.now).place == Place::unknown);
}

TEST_CASE("Announcements ahead of a gap are bounded") {
    Pair pair;
    pair.meet();
    for (std::uint64_t i = 2; i < 3'000; ++i)
        pair.on_b([&](auto& b, auto& e) { b.receive(a_id, Announcement{i, {}}, pair.now, e); });
    CHECK(pair.b.counters().snapshots_requested >= 2);
    pair.pass(1'600ms);  // a knows nothing of them: what it holds counts
    CHECK(pair.b.summary(a_id) == pair.a.summary(a_id));
}

// Thousands of random histories. POOL_SEEDS=N runs more; POOL_SEED=S one of them.
TEST_CASE("After any history of faults, a quiet pool is right", "[property]") {
    const auto* one = std::getenv("POOL_SEED");
    const auto* many = std::getenv("POOL_SEEDS");
    const std::uint64_t first = one ? std::strtoull(one, nullptr, 10) : 1;
    const std::uint64_t count = one ? 1 : many ? std::strtoull(many, nullptr, 10) : 2'000;
    for (auto seed = first; seed < first + count; ++seed) {
        test::World world(seed, 2 + seed % 4, 6);
        world.run(20s, true);
        world.run(12s, false);
        const auto wrong = world.violations();
        INFO("seed " << seed);
        for (const auto& line : wrong) UNSCOPED_INFO(line);
        REQUIRE(wrong.empty());
    }
}
