#include "actors/pool/inbox.hpp"

#include "tests/catch.hpp"

using namespace rookery;
using namespace rookery::pool;
using namespace std::chrono_literals;

namespace {

struct Box final : core::Mailbox {
    std::vector<std::string> got;
    void post(const core::rpc::Bytes& bytes) override { got.push_back(*bytes); }
    void registered(const core::RegistrationNumber&) override {}
    void displaced() override {}
    core::RegistrationNumber number() const override { return {}; }
    bool over() const override { return false; }
    void leave() override {}
};

constexpr NodeId self = 1, sibling = 2;

struct Fixture {
    std::shared_ptr<core::Mailboxes> mailboxes = std::make_shared<core::Mailboxes>();
    std::shared_ptr<Box> alice = std::make_shared<Box>();
    std::vector<std::pair<NodeId, Message>> heard;
    std::shared_ptr<Routes> routes = std::make_shared<Routes>();
    Inbox inbox{self, {}, mailboxes, routes, [this](NodeId from, Message m) { heard.emplace_back(from, std::move(m)); },
                1h};

    Fixture() { mailboxes->of(core::Realm::signal).put("alice", alice); }
    static std::string letter(const std::string& to, const std::string& text, bool broadcast = false) {
        return encode(
            sibling, MailBatch{1, {{{core::Realm::signal, to}, std::make_shared<const std::string>(text), broadcast}}});
    }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("Mail goes to its mailbox, presence to the directory") {
    Fixture f;
    f.inbox.receive(Fixture::letter("alice", "hello"), 1h);
    f.inbox.receive(Fixture::letter("bob", "who?"), 1h);
    f.inbox.receive(Fixture::letter("bob", "who?", true), 1h);
    CHECK(f.alice->got == Texts{"hello"});
    CHECK(f.inbox.counters().not_here == 1);  // of those asked all together it is nothing to note
    f.inbox.receive(encode(sibling, Message(Goodbye{})), 1h);
    REQUIRE(f.heard.size() == 1);
    CHECK(f.heard[0].first == sibling);
    f.inbox.receive("garbage", 1h);
    CHECK(f.inbox.counters().malformed == 1);
}

TEST_CASE("A node does not listen to itself") {
    Fixture f;
    f.inbox.receive(encode(self, Message(Heartbeat{})), 1h);
    CHECK(f.heard.empty());
}

TEST_CASE("After standing still, mail counts only from behind the marker") {
    Fixture f;
    f.inbox.receive(Fixture::letter("alice", "old"), 1h + 2'001ms);  // before the tick that notices
    CHECK(f.inbox.tick(1h + 20s));
    f.inbox.expect(77);
    f.inbox.receive(Fixture::letter("alice", "old too"), 1h + 20s);
    f.inbox.receive(encode(sibling, Marker{77}), 1h + 20s);  // not ours
    f.inbox.receive(encode(self, Marker{76}), 1h + 20s);     // of an earlier time
    f.inbox.receive(Fixture::letter("alice", "still old"), 1h + 20s);
    f.inbox.receive(encode(self, Marker{77}), 1h + 20s);
    f.inbox.receive(Fixture::letter("alice", "new"), 1h + 20s);
    CHECK(f.alice->got == Texts{"new"});
    CHECK(f.inbox.counters().too_old == 3);
    CHECK_FALSE(f.inbox.tick(1h + 21s));
}

TEST_CASE("After standing still, clients' messages are dropped for a moment") {
    Fixture f;
    f.inbox.tick(1h);
    CHECK_FALSE(f.inbox.drops_old(1h + 2s));
    CHECK(f.inbox.drops_old(1h + 2001ms));  // before the tick that finds out
    CHECK(f.inbox.tick(1h + 10s));
    CHECK(f.inbox.drops_old(1h + 10s));
    CHECK(f.inbox.drops_old(1h + 10'499ms));
    CHECK_FALSE(f.inbox.drops_old(1h + 10'500ms));
    CHECK(f.inbox.counters().too_old == 3);
}

TEST_CASE("A new connection brings nothing old") {
    Fixture f;
    f.inbox.expect(77);
    f.inbox.reconnected();
    f.inbox.receive(Fixture::letter("alice", "new"), 1h);
    CHECK(f.alice->got == Texts{"new"});
}

TEST_CASE("What the bus kept back is dropped once its sender has long changed to the link") {
    Fixture f;
    const auto batch = [](std::uint64_t sequence, const std::string& text) {
        return encode(
            sibling,
            MailBatch{sequence, {{{core::Realm::signal, "alice"}, std::make_shared<const std::string>(text), false}}});
    };
    f.inbox.receive(batch(1, "bus"), 1h);
    f.inbox.receive(sibling, batch(3, "link"), 1h);
    f.inbox.tick(1h + 1s);
    f.inbox.receive(batch(2, "a little late"), 1h + 1s);
    f.inbox.receive(sibling, batch(4, "link again"), 1h + 2s);
    f.inbox.tick(1h + 4s);
    f.inbox.receive(batch(2, "too late"), 1h + 4s);
    f.inbox.receive(batch(5, "bus again"), 1h + 4s);
    CHECK(f.alice->got == Texts{"bus", "link", "a little late", "link again", "bus again"});
    CHECK(f.inbox.counters().too_old == 1);
}

TEST_CASE("What was sent to all by two ways is delivered once") {
    Fixture f;
    f.inbox.receive(Fixture::letter("alice", "once", true), 1h);
    f.inbox.receive(sibling, Fixture::letter("alice", "once", true), 1h);
    CHECK(f.alice->got == Texts{"once"});
    CHECK(f.inbox.counters().repeated == 1);
    f.inbox.forget(sibling);  // its process is another one
    f.inbox.receive(sibling, Fixture::letter("alice", "again", true), 1h);
    CHECK(f.alice->got == Texts{"once", "again"});
}

TEST_CASE("A link speaks for its own node alone") {
    Fixture f;
    f.inbox.receive(3, Fixture::letter("alice", "x"), 1h);
    f.inbox.receive(sibling, encode(sibling, Marker{1}), 1h);
    CHECK(f.alice->got.empty());
    CHECK(f.inbox.counters().foreign == 2);
}
