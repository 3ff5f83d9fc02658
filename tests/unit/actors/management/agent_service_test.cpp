// Management as agents see it, end to end without a network: real actors on a deterministic system, a store in
// memory, agents with keys of their own that seal and open like real ones.
#include "actors/management/agent_service.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/management/accounts_actor.hpp"
#include "actors/management/local_api.hpp"
#include "actors/management/renewal_actor.hpp"
#include "actors/management/secrets.hpp"
#include "actors/management/storage_actor.hpp"
#include "adapters/crypto/crypto.hpp"
#include "adapters/crypto/sodium_envelope.hpp"
#include "tests/catch.hpp"
#include "tests/unit/actors/management/memory_store.hpp"
#include "tests/unit/actors/pool/alone.hpp"

using namespace rookery;
using namespace rookery::management;
using namespace std::chrono_literals;
namespace rpc = core::rpc;
using adapters::crypto::SodiumEnvelope;

namespace {

struct FakeStream final : rpc::Stream {
    std::vector<std::string> messages;  // EncryptedMessage, serialised
    std::optional<rpc::Status> end;
    std::shared_ptr<rpc::StreamHandler> handler;
    bool outstanding = false;

    void send_initial_metadata(rpc::Metadata) override {}
    void write(rpc::Bytes message) override {
        CHECK_FALSE(outstanding);  // one outstanding write per stream
        outstanding = true;
        messages.push_back(*message);
    }
    void finish(rpc::Status status) override { end = std::move(status); }
    void cancel() override {}
};

struct Fixture {
    core::System system{{.workers = 1, .deterministic = true}};
    std::shared_ptr<adapters::crypto::SodiumCrypto> crypto = std::make_shared<adapters::crypto::SodiumCrypto>();
    std::shared_ptr<testing::MemoryStore> store = std::make_shared<testing::MemoryStore>();
    config::Management configuration;
    std::shared_ptr<LocalApi> api;
    std::shared_ptr<SodiumEnvelope> server;
    AgentWiring wiring;
    rpc::Methods methods;
    std::vector<caf::actor> permanent;
    AccountId account;
    std::string setup_key;
    std::vector<std::string> reports;  // what is told of the store
    const StoreReport report = [this](const Result<core::Done>& works) {
        reports.push_back(works ? "works" : works.error().message);
    };

    Fixture() {
        configuration.signal_uri = "example.com:443";
        configuration.signal_tls = true;
        configuration.relay_urls = {"rels://example.com:443"};
        configuration.relay_secret = config::Secret("secret");
        configuration.stuns = {{"stun:example.com:3478", "udp", "", {}}};
        server = SodiumEnvelope::create(SodiumEnvelope::new_private_key()).value();

        core::Ref<StorageHandle> storage;
        const auto place = [this](const char* name) {
            return core::ActorContext{&system, std::make_shared<core::Vitals>(name, nullptr)};
        };
        auto& caf = system.caf();
        const auto keep = [this](auto ref, auto handle) {
            ref.set(handle);
            permanent.push_back(caf::actor_cast<caf::actor>(handle));
        };
        const auto mailboxes = std::make_shared<core::Mailboxes>();
        keep(wiring.directory, caf.spawn<pool::DirectoryActor>(place("directory"), pool::test::alone(mailboxes)));
        keep(storage, caf.spawn<StorageActor>(place("storage"), store, crypto.get(), Rules{},
                                              std::make_shared<Counters>(), report));
        keep(wiring.accounts,
             caf.spawn<AccountsActor>(place("accounts"), storage, Rules{}, std::make_shared<Counters>()));
        keep(wiring.renewal, caf.spawn<RenewalActor>(place("renewal"), std::chrono::hours(9), mailboxes));
        keep(wiring.sync_sessions, caf.spawn<core::SessionSupervisor>(place("streams")));
        api = std::make_shared<LocalApi>(wiring.accounts, storage, *crypto);
        wiring.api = api;
        wiring.envelope = server;
        wiring.crypto = crypto;
        auto shared = std::make_shared<SyncShared>();
        shared->infrastructure = std::make_shared<Infrastructure>(configuration, *crypto);
        shared->server_key = server->server_public_key();
        wiring.shared = shared;
        methods = agent_methods(wiring);

        NewAccount fresh;
        fresh.id = account = new_xid(core::wall_now(), *crypto);
        fresh.owner = "owner";
        fresh.network_id = fresh.all_group_id = fresh.default_policy_id = "x";
        fresh.all_group_id = "all";
        fresh.default_policy_id = "pol";
        fresh.net = *core::parse_prefix4("100.90.0.0/16");
        fresh.net_v6 = *core::parse_prefix6("fd12:3456:789a:1::/64");
        store->create_account(make_account(fresh, core::wall_now())).value();
        setup_key = create_key({});
    }
    std::vector<std::weak_ptr<FakeStream>> streams;
    ~Fixture() {
        for (const auto& weak : streams)
            if (const auto stream = weak.lock()) stream->handler.reset();  // as a transport does when it is done
        for (const auto& a : permanent) caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
        run();
    }

    void run() { dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler()).run(); }
    void pass(std::chrono::milliseconds time) {
        dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler()).advance_time(time);
        run();
    }

    Result<Committed> execute(Command command) {
        std::optional<Result<Committed>> result;
        api->execute(account, Request{std::move(command), {}},
                     Reply<Committed>([&](auto r) { result = std::move(r); }));
        run();
        REQUIRE(result);
        return *result;
    }
    std::string create_key(CreateSetupKey key) {
        const auto plain = new_setup_key(*crypto).reveal();
        key.id = new_xid(core::wall_now(), *crypto);
        key.hash = hash_setup_key(plain, *crypto);
        key.masked = mask_setup_key(plain);
        key.name = "key";
        if (key.type.empty()) key.type = "reusable";
        REQUIRE(execute(key));
        last_key_id = key.id;
        return plain;
    }
    Id last_key_id;

    const rpc::Method& method(const std::string& name) {
        for (const auto& m : methods)
            if (m.path == "/management.ManagementService/" + name) return m;
        throw std::runtime_error("no method " + name);
    }

    struct Answer {
        rpc::Status status{rpc::Code::internal, "not answered"};
        std::string message;
    };
    Answer call(const std::string& name, const std::string& message) {
        Answer answer;
        rpc::CallInfo info;
        info.method = "/management.ManagementService/" + name;
        info.remote = "192.0.2.1:1234";
        method(name).unary(info, message, [&](rpc::Status status, std::string body) {
            answer = {std::move(status), std::move(body)};
        });
        run();
        return answer;
    }
};

// A machine with a key of its own.
struct Agent {
    Fixture& f;
    std::string hostname;
    std::unique_ptr<SodiumEnvelope> keys = SodiumEnvelope::create(SodiumEnvelope::new_private_key()).value();
    std::shared_ptr<FakeStream> stream = nullptr;

    std::string key() const { return keys->server_public_key(); }
    std::shared_ptr<const Box> box() const { return keys->box_for(f.server->server_public_key()); }

    std::string seal(const google::protobuf::Message& inner) const {
        ::management::EncryptedMessage outer;
        outer.set_wgpubkey(key());
        outer.set_body(box()->seal(inner.SerializeAsString()));
        return outer.SerializeAsString();
    }
    template <class T>
    T open(const std::string& message) const {
        ::management::EncryptedMessage outer;
        REQUIRE(outer.ParseFromString(message));
        const auto plain = box()->open(outer.body());
        REQUIRE(plain);
        T inner;
        REQUIRE(inner.ParseFromString(*plain));
        return inner;
    }
    void fill(::management::PeerSystemMeta& meta) const {
        meta.set_hostname(hostname);
        meta.set_goos("linux");
        meta.set_netbirdversion("0.77.1");
        meta.add_capabilities(::management::PeerCapabilitySourcePrefixes);
    }

    Fixture::Answer login(const std::string& setup_key = "") const {
        ::management::LoginRequest request;
        request.set_setupkey(setup_key);
        fill(*request.mutable_meta());
        return f.call("Login", seal(request));
    }
    ::management::LoginResponse join() const {
        const auto answer = login(f.setup_key);
        INFO(answer.status.message);
        REQUIRE(answer.status.ok());
        return open<::management::LoginResponse>(answer.message);
    }
    void sync() {
        ask_for_sync();
        f.run();
    }
    // As long as nothing runs, it is in its request phase.
    void ask_for_sync() {
        stream = std::make_shared<FakeStream>();
        f.streams.push_back(stream);
        rpc::CallInfo info;
        info.remote = "192.0.2.1:1234";
        stream->handler = f.method("Sync").stream(info, stream);
        ::management::SyncRequest request;
        fill(*request.mutable_meta());
        stream->handler->on_message(seal(request));
    }
    // The message that came, as the agent reads it; it takes the next one from then on.
    ::management::SyncResponse next() {
        REQUIRE_FALSE(stream->messages.empty());
        const auto message = open<::management::SyncResponse>(stream->messages.front());
        stream->messages.erase(stream->messages.begin());
        stream->outstanding = false;
        stream->handler->on_write_done(true);
        f.run();
        return message;
    }
    bool nothing_came() const { return stream->messages.empty(); }
};

const core::rpc::Status not_registered{rpc::Code::permission_denied, "peer is not registered"};

}  // namespace

TEST_CASE_METHOD(Fixture, "the server's key is the one that boxes are sealed to") {
    ::management::ServerKeyResponse response;
    REQUIRE(response.ParseFromString(call("GetServerKey", "").message));
    CHECK(response.key() == server->server_public_key());
    CHECK(call("isHealthy", "").status.ok());
}

TEST_CASE_METHOD(Fixture, "an unknown key without credentials is told to register") {
    Agent a{*this, "a"};
    CHECK(a.login().status ==
          rpc::Status{rpc::Code::permission_denied,
                      "no peer auth method provided, please use a setup key or interactive SSO login"});
}

TEST_CASE_METHOD(Fixture, "a setup key in any case registers; the answer has all that an agent needs") {
    Agent a{*this, "web.example"};
    auto lower = setup_key;
    for (auto& c : lower) c = static_cast<char>(std::tolower(c));
    const auto answer = a.login(lower);
    REQUIRE(answer.status.ok());
    const auto response = a.open<::management::LoginResponse>(answer.message);
    CHECK(response.peerconfig().fqdn() == "web.netbird.selfhosted");
    CHECK(response.peerconfig().address().find("100.90.") == 0);
    CHECK(response.netbirdconfig().signal().uri() == "example.com:443");
    CHECK(response.netbirdconfig().signal().protocol() == ::management::HostConfig::HTTPS);
    CHECK(response.netbirdconfig().stuns(0).uri() == "stun:example.com:3478");
    CHECK(response.netbirdconfig().relay().urls(0) == "rels://example.com:443");
    CHECK(response.netbirdconfig().relay().tokenpayload().size() == 10);
    CHECK(response.has_sessionexpiresat());

    // Known from now on, with the same address, and without the key.
    const auto again = a.login();
    REQUIRE(again.status.ok());
    CHECK(a.open<::management::LoginResponse>(again.message).peerconfig().address() == response.peerconfig().address());
}

TEST_CASE_METHOD(Fixture, "a setup key that is unknown, revoked, expired or used up keeps the machine out") {
    const rpc::Status refused{rpc::Code::not_found, "couldn't add peer: setup key is invalid"};
    Agent a{*this, "a"};
    CHECK(a.login("00000000-0000-0000-0000-000000000001").status == refused);
    CHECK(a.login("no uuid").status == refused);

    create_key({});
    const auto revoked = create_key({});
    REQUIRE(execute(UpdateSetupKey{last_key_id, true, std::vector<Id>{}}));
    CHECK(a.login(revoked).status == refused);

    CreateSetupKey one_off;
    one_off.type = "one-off";
    const auto once = create_key(one_off);
    Agent first{*this, "first"};
    CHECK(first.login(once).status.ok());
    CHECK(a.login(once).status == refused);
    CHECK(first.login(once).status.ok());  // a known peer's key is not looked at
}

TEST_CASE_METHOD(Fixture, "requests that cannot be read get the exact refusals") {
    Agent a{*this, "a"};
    ::management::EncryptedMessage outer;
    outer.set_wgpubkey("short");
    CHECK(call("Login", outer.SerializeAsString()).status ==
          rpc::Status{rpc::Code::invalid_argument, "provided wgPubKey short is invalid"});
    outer.set_wgpubkey(a.key());
    const rpc::Status invalid{rpc::Code::invalid_argument, "invalid request message"};
    CHECK(call("Login", outer.SerializeAsString()).status == invalid);
    outer.set_body(std::string(100, 'x'));
    CHECK(call("Login", outer.SerializeAsString()).status == invalid);
    outer.set_body(a.box()->seal("\xff\xff\xff"));
    CHECK(call("Login", outer.SerializeAsString()).status == invalid);
    CHECK(call("Login", "\xff").status.code == rpc::Code::internal);

    ::management::LoginRequest no_meta;
    CHECK(call("Login", a.seal(no_meta)).status ==
          rpc::Status{rpc::Code::failed_precondition,
                      "peer system meta has to be provided to log in. Peer " + a.key() + ", remote addr 192.0.2.1"});
    CHECK(call("GetPKCEAuthorizationFlow", a.seal(::management::PKCEAuthorizationFlowRequest())).status.code ==
          rpc::Code::not_found);
}

TEST_CASE_METHOD(Fixture, "the first message is complete; a push has no netbirdConfig") {
    Agent a{*this, "a"}, b{*this, "b"};
    const auto login = a.join();
    a.sync();
    const auto first = a.next();
    CHECK(first.netbirdconfig().relay().urls_size() == 1);
    CHECK(first.peerconfig().address() == login.peerconfig().address());
    CHECK(first.networkmap().remotepeersisempty());
    CHECK(first.networkmap().firewallrulesisempty());
    CHECK(first.networkmap().routesfirewallrulesisempty());
    CHECK(a.nothing_came());

    b.join();
    const auto push = a.next();
    CHECK_FALSE(push.has_netbirdconfig());
    REQUIRE(push.networkmap().remotepeers_size() == 1);
    CHECK(push.networkmap().remotepeers(0).wgpubkey() == b.key());
    CHECK(push.networkmap().serial() > first.networkmap().serial());
    CHECK_FALSE(push.networkmap().remotepeersisempty());
}

TEST_CASE_METHOD(Fixture, "while a write is under way only the newest map is kept") {
    Agent a{*this, "a"};
    a.join();
    a.sync();
    for (int i = 0; i < 5; ++i) Agent{*this, "peer" + std::to_string(i)}.join();
    CHECK(a.stream->messages.size() == 1);  // the first one is not taken yet
    a.next();
    CHECK(a.next().networkmap().remotepeers_size() == 5);
    CHECK(a.nothing_came());
}

TEST_CASE_METHOD(Fixture, "relay tokens are renewed while the stream is open, by a message of their own") {
    Agent a{*this, "a"};
    a.join();
    a.sync();
    a.next();
    auto& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler());
    for (int i = 0; i < 2; ++i) {
        scheduler.advance_time(std::chrono::hours(8));
        run();
        CHECK(a.nothing_came());
        scheduler.advance_time(std::chrono::hours(1));
        run();
        const auto refresh = a.next();
        CHECK_FALSE(refresh.has_networkmap());
        CHECK(refresh.netbirdconfig().relay().urls_size() == 1);
        CHECK_FALSE(refresh.netbirdconfig().has_signal());
    }
}

TEST_CASE_METHOD(Fixture, "a peer is connected as long as its stream is open") {
    Agent a{*this, "a"};
    a.join();
    const auto connected = [this] {
        std::optional<bool> value;
        api->snapshot(account, Reply<Snapshot>([&](Result<Snapshot> s) {
                          for (const auto& [id, status] : (*s)->statuses) value = status->connected;
                      }));
        run();
        return value.value_or(false);
    };
    CHECK_FALSE(connected());
    a.sync();
    CHECK(connected());
    a.stream->handler->on_closed();
    run();
    CHECK_FALSE(connected());
    const std::weak_ptr<rpc::StreamHandler> call = a.stream->handler;
    const std::weak_ptr<FakeStream> transport = a.stream;
    a.stream->handler.reset();
    a.stream.reset();
    run();
    CHECK(call.expired());  // nobody holds what is over
    CHECK(transport.expired());
}

TEST_CASE_METHOD(Fixture, "a second stream of a peer replaces the first and stays") {
    Agent a{*this, "a"}, b{*this, "b"};
    a.join();
    a.sync();
    const auto old = a.stream;
    a.sync();
    REQUIRE(old->end);
    CHECK(old->end->ok());
    old->handler->on_closed();
    run();
    CHECK_FALSE(a.stream->end);
    a.next();
    b.join();
    CHECK(a.next().networkmap().remotepeers_size() == 1);
}

TEST_CASE_METHOD(Fixture, "a deleted peer is told, ended and refused; the other one's map loses it") {
    Agent a{*this, "a"}, b{*this, "b"};
    a.join();
    b.join();
    a.sync();
    b.sync();
    a.next();
    b.next();
    const auto location = store->find_peer(b.key()).value();
    REQUIRE(execute(DeletePeer{location->peer}));
    const auto farewell = b.open<::management::SyncResponse>(b.stream->messages.front());
    CHECK(farewell.networkmap().remotepeersisempty());
    CHECK_FALSE(farewell.has_peerconfig());
    REQUIRE(b.stream->end);
    CHECK(b.stream->end->ok());
    CHECK(a.next().networkmap().remotepeersisempty());

    b.sync();
    REQUIRE(b.stream->end);
    CHECK(*b.stream->end == not_registered);
    CHECK(b.login().status.code == rpc::Code::permission_denied);
}

TEST_CASE_METHOD(Fixture, "Logout deletes the caller; of nobody it says so") {
    Agent a{*this, "a"}, stranger{*this, "s"};
    a.join();
    CHECK(call("Logout", a.seal(::management::Empty())).status.ok());
    CHECK(a.login().status.code == rpc::Code::permission_denied);
    CHECK(call("Logout", stranger.seal(::management::Empty())).status ==
          rpc::Status{rpc::Code::not_found, "peer not found: " + stranger.key()});
}

TEST_CASE_METHOD(Fixture, "SyncMeta keeps the meta and tells the others") {
    Agent a{*this, "a"}, b{*this, "b"};
    a.join();
    b.join();
    a.sync();
    a.next();
    ::management::SyncMetaRequest request;
    b.fill(*request.mutable_meta());
    request.mutable_meta()->set_netbirdversion("0.78.0");
    CHECK(call("SyncMeta", b.seal(request)).status.ok());
    CHECK(a.next().networkmap().remotepeers(0).agentversion() == "0.78.0");
    CHECK(call("SyncMeta", b.seal(::management::SyncMetaRequest())).status.code == rpc::Code::failed_precondition);
    Agent stranger{*this, "s"};
    stranger.fill(*request.mutable_meta());
    CHECK(call("SyncMeta", stranger.seal(request)).status ==
          rpc::Status{rpc::Code::not_found, "account not found: index lookup failed"});
}

TEST_CASE_METHOD(Fixture, "so many Sync calls are in their request phase and no more") {
    Agent a{*this, "a"}, b{*this, "b"};
    a.join();
    b.join();
    wiring.max_concurrent_syncs = 1;
    methods = agent_methods(wiring);
    a.ask_for_sync();
    b.ask_for_sync();
    REQUIRE(b.stream->end);
    CHECK(b.stream->end->code == rpc::Code::resource_exhausted);
    run();
    CHECK_FALSE(a.stream->end);
    b.sync();
    CHECK_FALSE(b.stream->end);
}

TEST_CASE_METHOD(Fixture, "a store that is away never looks like a verdict") {
    Agent a{*this, "a"};
    a.join();
    store->away = true;
    CHECK(a.login().status.code == rpc::Code::unavailable);
    a.sync();
    REQUIRE(a.stream->end);
    CHECK(a.stream->end->code == rpc::Code::unavailable);
    store->away = false;
    CHECK(a.login().status.ok());
}

TEST_CASE_METHOD(Fixture, "commands that wait share a transaction, each with its own outcome") {
    const auto before = store->transactions;
    int ok = 0, refused = 0;
    for (int i = 0; i < 10; ++i) {
        CreateSetupKey key;
        key.id = "key" + std::to_string(i);
        key.hash = "hash" + std::to_string(i);
        key.name = i % 2 ? "" : "name";  // without a name it is refused
        key.type = "reusable";
        api->execute(account, Request{key, {}}, Reply<Committed>([&](auto r) { r ? ++ok : ++refused; }));
    }
    run();
    CHECK(ok == 5);
    CHECK(refused == 5);
    CHECK(store->transactions - before <= 2);
}

TEST_CASE_METHOD(Fixture, "a stream whose account's actor died ends, so that its agent comes back") {
    Agent a{*this, "a"};
    a.join();
    a.sync();
    caf::anon_send_exit(permanent[2], caf::exit_reason::user_shutdown);
    run();
    REQUIRE(a.stream->end);
    CHECK(a.stream->end->code == rpc::Code::unavailable);
}

TEST_CASE_METHOD(Fixture,
                 "a store that stops working is told of once, checked every second, and told of when it works") {
    Agent a{*this, "a"};
    a.join();
    reports.clear();
    store->checks = 0;
    store->away = true;
    CHECK(a.login().status.code == rpc::Code::unavailable);
    CHECK(a.login().status.code == rpc::Code::unavailable);
    CHECK(reports == std::vector<std::string>{"the store is away"});
    pass(3s);
    CHECK(store->checks == 1);  // the next one is scheduled by it
    pass(1s);
    CHECK(store->checks == 2);
    store->away = false;
    pass(1s);
    CHECK(reports.back() == "works");
    const auto checks = store->checks;
    pass(10s);
    CHECK(store->checks == checks);
    CHECK(a.login().status.ok());
}

TEST_CASE_METHOD(Fixture, "statuses that could not be written are written when the store works again") {
    Agent a{*this, "a"}, b{*this, "b"};
    a.join();
    b.join();
    const auto connected = [this](const Agent& agent) {
        const auto state = store->load_account(account).value();
        const auto peer = store->find_peer(agent.key()).value();
        const auto* status = state->statuses.find(peer->peer);
        return status && status->connected;
    };
    a.sync();
    CHECK(connected(a));
    store->statuses_fail = true;
    b.sync();
    a.stream->handler->on_closed();
    run();
    CHECK(connected(a));  // as it was written last
    CHECK_FALSE(connected(b));
    pass(1s);
    store->statuses_fail = false;
    pass(1s);
    CHECK_FALSE(connected(a));
    CHECK(connected(b));
}
