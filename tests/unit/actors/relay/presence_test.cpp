#include "actors/relay/presence.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/catch.hpp"
#include "tests/unit/actors/relay/vectors.hpp"

namespace rookery::relay {
namespace {

using Kind = PresenceEvent::Kind;
using test::numbered;
using Ids = std::vector<PeerId>;

const PeerId A = numbered(1);
const PeerId B = numbered(2);
const PeerId C = numbered(3);

core::RegistrationNumber at(std::uint64_t n, std::uint32_t node = 0) {
    return {n, 0, node};
}

struct Fixture {
    Presence presence{Presence::Limits{}};
    std::uint64_t number = 0;

    PresenceEvents add(SessionId session, const PeerId& id) { return presence.add(session, id, at(++number)); }
    PresenceEvents subscribe(SessionId session, Ids ids) { return presence.subscribe(session, ids); }
    void unsubscribe(SessionId session, Ids ids) { presence.unsubscribe(session, ids); }
};

TEST_CASE("Subscribe answers with those online, in request order, and with nothing when none is") {
    Fixture f;
    f.add(1, A);
    CHECK(f.subscribe(1, {B}).empty());
    CHECK(f.subscribe(1, {}).empty());
    f.add(2, B);
    f.add(3, C);
    CHECK(f.subscribe(1, {C, numbered(9), A, B}) == PresenceEvents{{Kind::online, 1, {C, A, B}}});  // own id too
    CHECK(f.subscribe(1, {B}) == PresenceEvents{{Kind::online, 1, {B}}});                           // again
}

TEST_CASE("one online event per Subscribe, offline events as long as subscribed") {
    Fixture f;
    f.add(1, A);
    f.subscribe(1, {B});
    CHECK(f.add(2, B) == PresenceEvents{{Kind::online, 1, {B}}});
    CHECK(f.presence.remove(2) == PresenceEvents{{Kind::offline, 1, {B}}});
    CHECK(f.add(3, B).empty());
    CHECK(f.presence.remove(3) == PresenceEvents{{Kind::offline, 1, {B}}});
    CHECK(f.subscribe(1, {B}).empty());
    CHECK(f.add(4, B) == PresenceEvents{{Kind::online, 1, {B}}});
    f.unsubscribe(1, {B});
    CHECK(f.presence.remove(4).empty());
    CHECK(f.presence.subscriptions() == 0);
}

TEST_CASE("an immediate answer leaves the wish for an online event in place") {
    Fixture f;
    f.add(1, A);
    f.add(2, B);
    f.subscribe(1, {B});
    f.presence.remove(2);
    CHECK(f.add(3, B) == PresenceEvents{{Kind::online, 1, {B}}});
}

TEST_CASE("the newest session wins without an offline event") {
    Fixture f;
    f.add(1, A);
    f.add(2, B);
    f.subscribe(1, {B});
    CHECK(f.add(3, B) == PresenceEvents{{Kind::displaced, 2, {}}, {Kind::online, 1, {B}}});
    CHECK(f.presence.remove(2).empty());
    CHECK(f.presence.sessions() == 2);
    CHECK(f.add(4, B) == PresenceEvents{{Kind::displaced, 3, {}}});  // its wish was fulfilled
    CHECK(f.presence.remove(4) == PresenceEvents{{Kind::offline, 1, {B}}});
}

TEST_CASE("a displaced session gets no events any more, even about itself") {
    Fixture f;
    f.add(1, A);
    f.subscribe(1, {A, B});
    CHECK(f.add(2, A) == PresenceEvents{{Kind::displaced, 1, {}}});
    CHECK(f.add(3, B).empty());
    CHECK(f.subscribe(1, {B}).empty());
    CHECK(f.presence.subscriptions() == 0);
}

TEST_CASE("subscriptions die with the session") {
    Fixture f;
    f.add(1, A);
    f.subscribe(1, {A, B, C});
    CHECK(f.presence.subscriptions() == 3);
    CHECK(f.presence.remove(1).empty());
    CHECK(f.presence.subscriptions() == 0);
    CHECK(f.add(2, B).empty());
}

TEST_CASE("subscriptions are bounded per session and in total; beyond that there is an answer but no event") {
    Presence presence({.per_session = 2, .total = 3});
    presence.add(1, A, at(1));
    presence.add(2, B, at(2));
    presence.subscribe(1, Ids{C, numbered(4)});
    CHECK(presence.refused_subscriptions() == 0);
    CHECK(presence.subscribe(1, Ids{B, C}) == PresenceEvents{{Kind::online, 1, {B}}});
    CHECK(presence.refused_subscriptions() == 1);
    CHECK(presence.remove(2).empty());
    presence.add(3, B, at(3));
    presence.subscribe(3, Ids{numbered(5), numbered(6)});
    CHECK(presence.refused_subscriptions() == 2);
    CHECK(presence.subscriptions() == 3);
    presence.unsubscribe(1, Ids{C});
    presence.subscribe(3, Ids{numbered(6)});
    CHECK(presence.refused_subscriptions() == 2);
}

TEST_CASE("registrations of other nodes: the newest number wins, a late withdrawal changes nothing") {
    Presence presence(Presence::Limits{});
    presence.add(1, A, at(1));
    presence.subscribe(1, Ids{B});
    CHECK(presence.add_remote(B, at(5, 7)) == PresenceEvents{{Kind::online, 1, {B}}});
    CHECK(presence.add(2, B, at(6)).empty());            // moved here
    CHECK(presence.remove_remote(B, at(5, 7)).empty());  // late "left"
    CHECK(presence.subscribe(1, Ids{B}) == PresenceEvents{{Kind::online, 1, {B}}});
    CHECK(presence.add_remote(B, at(4, 7)).empty());  // late "is here"
    CHECK(presence.add_remote(B, at(8, 7)) == PresenceEvents{{Kind::displaced, 2, {}}, {Kind::online, 1, {B}}});
    CHECK(presence.remove(2).empty());
    CHECK(presence.add(3, B, at(7)) == PresenceEvents{{Kind::displaced, 3, {}}});  // lost the race to node 7
    CHECK(presence.remove(3).empty());
    CHECK(presence.remove_remote(B, at(7, 7)).empty());
    CHECK(presence.remove_remote(B, at(8, 7)) == PresenceEvents{{Kind::offline, 1, {B}}});
    CHECK(presence.remove_remote(B, at(8, 7)).empty());
}

// The rules of spec §2.12 and §2.13, written down as naively as possible.
class Model {
public:
    PresenceEvents add(SessionId s, const PeerId& id) {
        PresenceEvents out;
        for (const auto& [other, peer] : sessions) {
            if (peer != id) continue;
            out.push_back({Kind::displaced, other, {}});
            drop(other);
            break;
        }
        sessions[s] = id;
        for (auto& [who, wants] : want_online)
            if (wants.erase(id)) out.push_back({Kind::online, who, {id}});
        return out;
    }
    PresenceEvents remove(SessionId s) {
        PresenceEvents out;
        const auto it = sessions.find(s);
        if (it == sessions.end()) return out;
        const auto id = it->second;
        drop(s);
        for (auto& [who, wants] : want_offline)
            if (wants.contains(id)) out.push_back({Kind::offline, who, {id}});
        return out;
    }
    PresenceEvents subscribe(SessionId s, const Ids& ids) {
        if (!sessions.contains(s)) return {};
        Ids online;
        for (const auto& id : ids) {
            want_online[s].insert(id);
            want_offline[s].insert(id);
            for (const auto& [other, peer] : sessions)
                if (peer == id) online.push_back(id);
        }
        return online.empty() ? PresenceEvents{} : PresenceEvents{{Kind::online, s, online}};
    }
    void unsubscribe(SessionId s, const Ids& ids) {
        for (const auto& id : ids) {
            want_online[s].erase(id);
            want_offline[s].erase(id);
        }
    }

    std::map<SessionId, PeerId> sessions;
    std::map<SessionId, std::set<PeerId>> want_online, want_offline;

private:
    void drop(SessionId s) {
        sessions.erase(s);
        want_online.erase(s);
        want_offline.erase(s);
    }
};

// Events to different sessions may come in any order; displacement comes first.
void sort_by_session(PresenceEvents& events) {
    std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
        const bool da = a.kind == Kind::displaced, db = b.kind == Kind::displaced;
        return da != db ? da : a.session < b.session;
    });
}

TEST_CASE("random interleavings do what the rules say") {
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](std::uint32_t n) { return random() % n; };
        Fixture f;
        Model model;
        SessionId next = 1;
        for (int step = 0; step < 400; ++step) {
            INFO("seed " << seed << ", step " << step);
            const SessionId session = next > 1 ? 1 + below(static_cast<std::uint32_t>(next)) : 1;
            Ids ids;
            for (auto n = below(4); n > 0; --n) ids.push_back(numbered(below(6)));
            PresenceEvents got, expected;
            switch (below(6)) {
                case 0:
                case 1: {
                    const auto id = numbered(below(6));
                    got = f.add(next, id);
                    expected = model.add(next++, id);
                    break;
                }
                case 2:
                    got = f.presence.remove(session);
                    expected = model.remove(session);
                    break;
                case 3:
                    f.unsubscribe(session, ids);
                    model.unsubscribe(session, ids);
                    break;
                default: got = f.subscribe(session, ids); expected = model.subscribe(session, ids);
            }
            sort_by_session(got);
            sort_by_session(expected);
            REQUIRE(got == expected);
            REQUIRE(f.presence.sessions() == model.sessions.size());
        }
        INFO("seed " << seed);
        std::size_t subscriptions = 0;
        for (const auto& [s, wants] : model.want_offline)
            if (model.sessions.contains(s)) subscriptions += wants.size();
        REQUIRE(f.presence.subscriptions() == subscriptions);
    }
}

}  // namespace
}  // namespace rookery::relay
