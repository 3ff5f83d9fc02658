// The real tree of a node with every role, on a scheduler and a clock that the test drives: a crash loop anywhere
// reaches the root, which ends with the reason of every level.
#include "runtime/tree.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include "adapters/crypto/crypto.hpp"
#include "config/supervision.hpp"
#include "tests/catch.hpp"
#include "tests/unit/actors/management/memory_store.hpp"
#include "tests/unit/actors/pool/alone.hpp"

#ifdef ROOKERY_FAULTS

using namespace rookery;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    core::System system{{.workers = 1, .deterministic = true}};
    adapters::crypto::SodiumCrypto crypto;
    config::Config configuration;
    runtime::TreeParts parts;
    runtime::TreeRefs refs;
    std::optional<std::string> end;
    caf::actor root;

    Fixture() {
        configuration.signal.emplace();
        configuration.relay.emplace();
        configuration.management.emplace();
        configuration.supervision = config::default_supervision();
        for (auto& [name, parameters] : configuration.supervision) {
            parameters.max_restarts = 2;
            parameters.period = 1h;
            parameters.backoff_max = parameters.backoff_first = 10ms;
        }
        parts.configuration = &configuration;
        parts.crypto = &crypto;
        parts.mailboxes = std::make_shared<core::Mailboxes>();
        parts.directory = rookery::pool::test::alone(parts.mailboxes);
        parts.signal_counters = std::make_shared<signal::Counters>();
        parts.relay_routes = std::make_shared<relay::Routes>();
        parts.relay_counters = std::make_shared<relay::RelayCounters>();
        parts.management_counters = std::make_shared<rookery::management::Counters>();
        parts.store_report = [](const core::Result<core::Done>&) {};
        parts.store = std::make_shared<rookery::management::testing::MemoryStore>();
        parts.store_blocks = false;
        root = runtime::node_tree(parts, refs)
                   .start(core::ActorContext{&system, std::make_shared<core::Vitals>("node", nullptr)});
        root->attach_functor([this](const caf::error& reason) { end = core::describe(system.caf(), reason); });
        run();
    }
    ~Fixture() {
        caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
        run();
        root = nullptr;
    }
    void run() { dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler()).run(); }
    void advance(std::chrono::milliseconds by) {
        dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler()).advance_time(by);
        run();
    }
    std::vector<std::string> paths() const {
        std::vector<std::string> out;
        for (const auto& actor : system.vitals().snapshot()) out.push_back(actor.path);
        return out;
    }
    // Crashes it whenever it is there, until the root has ended.
    int crash_loop(const std::string& path) {
        int crashes = 0;
        for (int i = 0; !end && i < 100; ++i) {
            if (system.vitals().crash(path)) ++crashes;
            run();
            if (!end) advance(12ms);
        }
        return crashes;
    }
};

// "node/roles/signal" -> what the root says after a crash loop there.
std::string chain(std::string path) {
    std::string lines = path + ": crashed by the fault switch";
    for (;;) {
        const auto slash = path.rfind('/');
        if (slash == std::string::npos) return lines;
        const auto name = path.substr(slash + 1);
        path = path.substr(0, slash);
        lines = path + ": " + name + " crashed 3 times within 3600000 ms\n" + lines;
    }
}

}  // namespace

TEST_CASE_METHOD(Fixture, "the tree of a node with every role") {
    CHECK(paths() == std::vector<std::string>{"node", "node/platform", "node/platform/directory", "node/roles",
                                              "node/roles/management", "node/roles/management/accounts",
                                              "node/roles/management/renewal", "node/roles/management/streams",
                                              "node/roles/relay", "node/roles/relay/links", "node/roles/relay/presence",
                                              "node/roles/signal", "node/roles/signal/sessions",
                                              "node/roles/signal/writes", "node/storage", "node/storage/store"});
}

TEST_CASE("a crash loop anywhere in the tree reaches the root, with the reason of every level") {
    const std::string path =
        GENERATE("node/platform/directory", "node/platform", "node/roles/signal/writes", "node/roles/signal/sessions",
                 "node/roles/signal", "node/roles/relay/presence", "node/roles/relay/links", "node/roles/relay",
                 "node/roles/management/accounts", "node/roles/management/renewal", "node/roles/management/streams",
                 "node/roles/management", "node/roles", "node/storage/store", "node/storage", "node");
    CAPTURE(path);
    Fixture f;
    const auto crashes = f.crash_loop(path);
    REQUIRE(f.end);
    CHECK(*f.end == chain(path));
    const auto levels = std::count(path.begin(), path.end(), '/');
    CHECK(crashes == std::vector<int>{1, 3, 9, 27}[static_cast<std::size_t>(levels)]);
    CHECK(f.system.vitals().size() == 0);
}

TEST_CASE_METHOD(Fixture, "one crash changes nothing for the others") {
    const auto before = system.vitals().snapshot();
    for (const auto* path : {"node/platform/directory", "node/roles/signal/writes", "node/roles/relay/presence"}) {
        CHECK(system.vitals().crash(path));
        run();
        advance(12ms);
    }
    for (const auto& actor : system.vitals().snapshot()) {
        const bool crashed = actor.path == "node/platform/directory" || actor.path == "node/roles/signal/writes" ||
                             actor.path == "node/roles/relay/presence";
        CAPTURE(actor.path);
        CHECK(actor.restarts == (crashed ? 1u : 0u));
    }
    CHECK(system.vitals().snapshot().size() == before.size());
}

#endif
