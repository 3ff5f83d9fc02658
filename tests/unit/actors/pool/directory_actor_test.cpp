// The directory's life: who is registered, and what a new incarnation finds after a crash.
#include "actors/pool/directory_actor.hpp"

#include "tests/unit/actors/core/supervision_fixture.hpp"
#include "tests/unit/actors/pool/alone.hpp"

using namespace rookery;
using namespace rookery::test;
using core::Realm;

namespace {

struct Box : core::Mailbox {
    void post(const core::rpc::Bytes&) override {}
    void registered(const core::RegistrationNumber& n) override {
        current = n;
        ++registrations;
    }
    void displaced() override { ended = true; }
    void leave() override { ended = true; }
    core::RegistrationNumber number() const override { return current; }
    bool over() const override { return ended; }

    core::RegistrationNumber current;
    int registrations = 0;
    bool ended = false;
};

struct Fixture : SupervisionFixture {
    std::shared_ptr<core::Mailboxes> mailboxes = std::make_shared<core::Mailboxes>();
    core::Ref<pool::DirectoryHandle> directory;
    caf::actor root = supervise(
        parameters(), {{"directory", core::child_of<pool::DirectoryActor>(directory, pool::test::alone(mailboxes))}});
    Fixture() { run(); }
    ~Fixture() { stop(root); }

    // What the session hears: "" while nothing.
    std::shared_ptr<std::string> add(const std::string& key, const std::shared_ptr<Box>& box) {
        auto heard = std::make_shared<std::string>();
        directory.send(core::Register{{Realm::signal, key}, box, core::Reply<core::Done>([heard](const auto& result) {
                                          *heard = result ? "registered" : "lost";
                                      })});
        run();
        return heard;
    }
    void crash() {
        caf::anon_send_exit(directory.get(), caf::exit_reason::kill);
        run();
    }
    std::shared_ptr<core::Mailbox> found(const std::string& key) { return mailboxes->of(Realm::signal).find(key); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a crash of the directory ends no session, and nobody is unreachable meanwhile") {
    const auto a = std::make_shared<Box>(), b = std::make_shared<Box>();
    CHECK(*add("a", a) == "registered");
    crash();
    CHECK(found("a") == a);
    advance(10ms);
    CHECK_FALSE(a->ended);
    CHECK(a->registrations == 1);
    CHECK(found("a") == a);

    // The new one knows the old one's sessions: a newer one displaces, a late farewell of the older changes nothing.
    const auto old = a->number();
    CHECK(*add("a", b) == "registered");
    CHECK(b->number() > old);
    CHECK(a->ended);
    directory.send(core::Unregister{{Realm::signal, "a"}, a, old});
    run();
    CHECK(found("a") == b);
    directory.send(core::Unregister{{Realm::signal, "a"}, b, b->number()});
    run();
    CHECK(found("a") == nullptr);
}

TEST_CASE_METHOD(Fixture, "numbers rise over a crash") {
    const auto a = std::make_shared<Box>(), b = std::make_shared<Box>();
    add("a", a);
    crash();
    advance(10ms);
    add("a", b);
    CHECK(b->number() > a->number());
}

TEST_CASE_METHOD(Fixture, "who registers while there is no directory hears that it was lost") {
    crash();
    CHECK(*add("a", std::make_shared<Box>()) == "lost");
    CHECK(found("a") == nullptr);
    advance(10ms);
    CHECK(*add("a", std::make_shared<Box>()) == "registered");
}

TEST_CASE_METHOD(Fixture, "who ended while there was no directory is not kept") {
    const auto a = std::make_shared<Box>();
    add("a", a);
    crash();
    a->ended = true;
    directory.send(core::Unregister{{Realm::signal, "a"}, a, a->number()});  // to nobody
    advance(10ms);
    CHECK(found("a") == nullptr);
}
