// The bound of what waits for an account while its store does not answer.
#include "actors/management/account_actor.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/core/system.hpp"
#include "tests/catch.hpp"
#include "tests/unit/actors/management/account_fixture.hpp"

using namespace rookery;
using namespace rookery::management;

namespace {

// Loads the account, and answers no transaction.
class StuckStorage final : public core::Actor<StorageHandle> {
public:
    StuckStorage(caf::actor_config& config, core::ActorContext context, Snapshot account)
        : Actor(config, std::move(context)), account_(std::move(account)) {}
    behavior_type make_behavior() override {
        return {
            status_handler(),
            [](const ListAccounts&) {},
            [](const CreateAccount&) {},
            [this](const LoadAccount& r) { r.reply(account_); },
            [](const FindPeer&) {},
            [](const FindSetupKey&) {},
            [](const FindToken&) {},
            [this](const Transact& r) { held_.push_back(r); },
            [](const WriteStatuses&) {},
            [](const TouchToken&) {},
            [](const CheckStore&) {},
        };
    }

private:
    const Snapshot account_;
    std::vector<Transact> held_;
};

}  // namespace

TEST_CASE("so many changes of an account wait for a store and no more; those beyond are told to come again") {
    core::System system{{.workers = 1, .deterministic = true}};
    const auto run = [&] { dynamic_cast<caf::scheduler::test_coordinator&>(system.caf().scheduler()).run(); };
    const auto place = [&](const char* name) {
        return core::ActorContext{&system, std::make_shared<core::Vitals>(name, nullptr)};
    };
    const auto state = std::make_shared<const AccountState>();
    const auto stuck = system.caf().spawn<StuckStorage>(place("storage"), state);
    core::Ref<StorageHandle> storage;
    storage.set(stuck);
    const auto account =
        system.caf().spawn<AccountActor>(place("account"), "a", storage, Rules{}, std::make_shared<Counters>());
    run();

    std::size_t refused = 0;
    const auto change = [&] {
        caf::anon_send(account, Execute{Request{}, Reply<Committed>([&](auto result) {
                                            if (!result && result.error().kind == core::ErrorKind::unavailable)
                                                ++refused;
                                        })});
    };
    for (std::size_t i = 0; i < AccountActor::max_waiting; ++i) change();
    run();
    CHECK(refused == 0);
    for (int i = 0; i < 200; ++i) change();  // a batch has gone to the store
    run();
    CHECK(refused > 0);
    CHECK(refused < 200);

    caf::anon_send_exit(account, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(stuck, caf::exit_reason::user_shutdown);
    run();
}
