// The Signal role end to end without a network: its actors on a deterministic system, streams made by the test.
#include "actors/signal/service.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/signal/write_watch_actor.hpp"
#include "proto/signalexchange.pb.h"
#include "tests/catch.hpp"
#include "tests/unit/actors/pool/alone.hpp"

using namespace rookery;
using namespace std::chrono_literals;
namespace rpc = core::rpc;

namespace {

// An agent's end of a stream: what the service did with it.
struct FakeStream final : rpc::Stream {
    std::vector<std::string> events;
    std::shared_ptr<rpc::StreamHandler> handler;
    bool reads = true;  // the agent takes writes at once

    void send_initial_metadata(rpc::Metadata metadata) override {
        for (const auto& [k, v] : metadata) events.push_back("metadata " + k + "=" + v);
    }
    void write(rpc::Bytes message) override {
        signalexchange::EncryptedMessage m;
        m.ParseFromString(*message);
        events.push_back("message " + m.body());
        outstanding = true;
    }
    void finish(rpc::Status status) override {
        events.push_back("finish " + std::to_string(static_cast<int>(status.code)) + " " + status.message);
    }
    void cancel() override { events.push_back("cancel"); }

    bool outstanding = false;
    void drain() {
        while (std::exchange(outstanding, false)) handler->on_write_done(true);
    }
};

struct Fixture {
    core::System system{{.workers = 1, .deterministic = true}};
    signal::Wiring wiring;
    rpc::Methods methods;
    std::vector<caf::actor> permanent;

    Fixture() {
        wiring.mailboxes = std::make_shared<core::Mailboxes>();
        wiring.counters = std::make_shared<signal::Counters>();
        const auto place = [this](const char* name) {
            return core::ActorContext{&system, std::make_shared<core::Vitals>(name, nullptr)};
        };
        auto& caf = system.caf();
        wiring.bridge = std::make_shared<core::Alone>();
        auto directory = caf.spawn<pool::DirectoryActor>(place("directory"), pool::test::alone(wiring.mailboxes));
        wiring.directory.set(directory);
        auto sessions = caf.spawn<core::SessionSupervisor>(place("sessions"));
        wiring.sessions.set(sessions);
        auto watch = caf.spawn<signal::WriteWatchActor>(place("watch"), 10'000ms, wiring.mailboxes);
        wiring.write_watch.set(watch);
        permanent = {caf::actor_cast<caf::actor>(directory), caf::actor_cast<caf::actor>(sessions),
                     caf::actor_cast<caf::actor>(watch)};
        methods = signal::methods(wiring);
    }
    std::vector<std::weak_ptr<FakeStream>> streams;
    ~Fixture() {
        for (const auto& weak : streams)
            if (const auto stream = weak.lock()) stream->handler.reset();  // as a transport does when it is done
        for (const auto& a : permanent) caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
        run();
    }

    void run() { dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler()).run(); }

    std::shared_ptr<FakeStream> connect(const std::string& key) {
        auto stream = std::make_shared<FakeStream>();
        streams.push_back(stream);
        rpc::CallInfo call;
        call.metadata = {{"x-wiretrustee-peer-id", key}};
        stream->handler = methods[1].stream(call, stream);
        run();
        return stream;
    }
    rpc::Status send(const std::string& from, const std::string& to, const std::string& body) {
        signalexchange::EncryptedMessage m;
        m.set_key(from);
        m.set_remotekey(to);
        m.set_body(body);
        rpc::Status answer{rpc::Code::internal, "not answered"};
        std::string content = "not answered";
        methods[0].unary({}, m.SerializeAsString(), [&](rpc::Status s, std::string c) {
            answer = std::move(s);
            content = std::move(c);
        });
        run();
        CHECK(content.empty());
        return answer;
    }
};

using Events = std::vector<std::string>;
const std::string registered = "metadata x-wiretrustee-peer-registered=1";

}  // namespace

TEST_CASE_METHOD(Fixture, "a stream is registered, told so at once, and gets what is addressed to it in order") {
    auto b = connect("B");
    CHECK(b->events == Events{registered});
    CHECK(wiring.counters->active_peers == 1);
    for (const auto* body : {"1", "2", "3"}) {
        CHECK(send("A", "B", body).ok());
        b->drain();
    }
    CHECK(b->events == Events{registered, "message 1", "message 2", "message 3"});
    CHECK(wiring.counters->messages_forwarded == 3);
}

TEST_CASE_METHOD(Fixture, "a call without an id is refused") {
    auto stream = std::make_shared<FakeStream>();
    streams.push_back(stream);
    stream->handler = methods[1].stream({}, stream);
    CHECK(stream->events == Events{"finish 9 missing connection header: x-wiretrustee-peer-id"});
    CHECK(wiring.counters->missing_id == 1);
}

TEST_CASE_METHOD(Fixture, "an empty id is an id") {
    CHECK(connect("")->events == Events{registered});
}

TEST_CASE_METHOD(Fixture, "Send is OK for nobody, for dummy and to oneself") {
    CHECK(send("A", "nobody", "x").ok());
    CHECK(wiring.counters->not_connected == 1);
    CHECK(send("A", "dummy", "").ok());
    CHECK(wiring.counters->not_connected == 1);
    auto a = connect("A");
    CHECK(send("A", "A", "heartbeat").ok());
    CHECK(a->events == Events{registered, "message heartbeat"});
}

TEST_CASE_METHOD(Fixture, "the newest stream of a key wins; the old one's end changes nothing") {
    auto old = connect("K");
    auto fresh = connect("K");
    CHECK(old->events == Events{registered, "finish 2 peer registered again"});
    CHECK(fresh->events == Events{registered});
    old->handler->on_closed();
    run();
    send("A", "K", "x");
    CHECK(fresh->events == Events{registered, "message x"});
    fresh->handler->on_closed();
    run();
    const std::weak_ptr<rpc::StreamHandler> session = fresh->handler;
    fresh->handler.reset();
    CHECK(session.expired());  // nobody holds what is over
    send("A", "K", "y");
    CHECK(wiring.counters->not_connected == 1);
    CHECK(wiring.counters->active_peers == 0);
    CHECK(system.vitals().size() == 3);  // no session actor is left
}

TEST_CASE_METHOD(Fixture, "a stream that closed before its actor ran leaves nothing behind") {
    auto stream = std::make_shared<FakeStream>();
    streams.push_back(stream);
    rpc::CallInfo call;
    call.metadata = {{"x-wiretrustee-peer-id", "K"}};
    stream->handler = methods[1].stream(call, stream);
    stream->handler->on_closed();
    run();
    CHECK(system.vitals().size() == 3);
    CHECK(wiring.mailboxes->of(core::Realm::signal).size() == 0);
}

TEST_CASE_METHOD(Fixture, "an agent that does not read is ended after the send time-out, its senders are not held up") {
    auto k = connect("K");
    send("A", "K", "stuck");
    const auto session = std::dynamic_pointer_cast<signal::Session>(k->handler);
    REQUIRE(session);
    const auto now = std::chrono::steady_clock::now();
    CHECK(session->check_write(now + 5s, 10s));  // still waiting: look again
    CHECK_FALSE(session->check_write(now + 11s, 10s));
    CHECK(k->events == Events{registered, "message stuck", "finish 2 peer registered again", "cancel"});
    CHECK(wiring.counters->timeouts == 1);
    CHECK(send("A", "K", "late").ok());
    CHECK(wiring.counters->disconnected == 1);
}

TEST_CASE_METHOD(Fixture, "a session's actor that dies ends its stream") {
    auto k = connect("K");
    // Its supervisor going down takes every session with it.
    caf::anon_send_exit(permanent[1], caf::exit_reason::user_shutdown);
    run();
    CHECK(k->events.size() == 2);
    CHECK(k->events.back().find("finish 14 ") == 0);
    CHECK(wiring.mailboxes->of(core::Realm::signal).size() == 0);
}

TEST_CASE_METHOD(Fixture,
                 "a node that leaves ends a stream as UNAVAILABLE, which agents take as a reason to connect again") {
    auto k = connect("K");
    wiring.mailboxes->of(core::Realm::signal).find("K")->leave();
    CHECK(k->events == Events{registered, "finish 14 the server goes away; connect again"});
    k->handler->on_closed();
    run();
    CHECK(wiring.mailboxes->of(core::Realm::signal).size() == 0);
}

TEST_CASE_METHOD(Fixture, "what is no EncryptedMessage gets INTERNAL") {
    rpc::Status answer;
    methods[0].unary({}, "\xff\xff\xff", [&](rpc::Status s, const std::string&) { answer = std::move(s); });
    CHECK(answer.code == rpc::Code::internal);
}
