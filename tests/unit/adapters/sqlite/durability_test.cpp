// The store against random command sequences, and against its process being killed.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "store_fixture.hpp"

using namespace rookery;
using namespace rookery::adapters::sqlite;
using namespace rookery::adapters::sqlite::testing;

namespace {

// Every entry follows the one before, serials grow by steps of at most one, and together they make `state`.
void check_log(SqliteStore& store, const AccountState& first, const AccountState& state) {
    const auto log = store.changes_after(state.id, first.commit);
    REQUIRE(log);
    auto replayed = first;
    for (const auto& set : *log) {
        REQUIRE(set.parent == replayed.commit);
        REQUIRE((set.serial == replayed.serial || set.serial == replayed.serial + 1));
        replayed = apply(replayed, set);
    }
    CHECK(replayed == state);
}

// Writes until it is killed, and tells of each transaction that changed something by a byte into `done_fd`. Never
// returns.
[[noreturn]] void write_for_ever(const std::string& path, const core::FieldCipher& cipher, std::uint64_t seed,
                                 std::uint64_t round, int done_fd) {
    auto store = SqliteStore::open(path, cipher);
    if (!store) _exit(1);
    auto state = (*store)->load_account("acc");
    RandomCommands random(seed + round, 1'000'000 * (round + 1));  // ids that no writer before it used
    Deciding deciding(seed + round);
    while (state) {
        std::vector<Request> requests;
        for (auto n = 1 + random.below(5); n > 0; --n) requests.push_back({random.next(**state), {}});
        auto done = (*store)->transact(*state, requests, deciding.decider());
        if (!done) _exit(1);
        const bool changed = done->state->commit != (*state)->commit;
        state = done->state;
        if (changed && ::write(done_fd, "t", 1) != 1) _exit(1);
    }
    _exit(1);
}

}  // namespace

TEST_CASE("what is loaded is what was applied, after every transaction of a random sequence") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    Directory directory;
    const auto cipher = new_cipher();
    auto store = open(directory.file(), *cipher);
    RandomCommands random(seed);
    Deciding deciding(seed);
    auto state = *store->create_account(make_account(new_account(), start));
    const auto first = *state;
    for (int i = 0; i < 300; ++i) {
        INFO("transaction " << i);
        auto decider = deciding.decider();
        std::vector<Request> requests;
        if (random.below(4) == 0) {
            decider = deciding.deciding(random.change(*state));
            requests.resize(1);
        } else {
            for (auto n = 1 + random.below(6); n > 0; --n) requests.push_back({random.next(*state), {}});
        }
        auto done = store->transact(state, requests, decider);
        if (!done) FAIL(done.error().message);
        auto applied = *state;
        for (const auto& outcome : done->results)
            if (outcome) applied = apply(applied, **outcome);
        REQUIRE(applied == *done->state);
        state = done->state;
        const auto loaded = store->load_account("acc");
        if (!loaded) FAIL(loaded.error().message);
        REQUIRE(**loaded == *state);
    }
    check_log(*store, first, *state);
}

TEST_CASE("a process killed in the middle of writing leaves a consistent store") {
    const auto seed = seed_of_run();
    CAPTURE(seed);
    Directory directory;
    const auto cipher = new_cipher();
    const auto first = make_account(new_account(), start);
    REQUIRE(open(directory.file(), *cipher)->create_account(first));
    std::mt19937_64 random(seed);
    auto last = first.commit;
    for (std::uint64_t round = 0; round < 12; ++round) {
        INFO("round " << round);
        std::array<int, 2> told{};
        REQUIRE(::pipe(told.data()) == 0);
        const auto child = fork();
        REQUIRE(child >= 0);
        if (child == 0) write_for_ever(directory.file(), *cipher, seed, round, told[1]);
        ::close(told[1]);
        char byte = 0;
        for (auto n = 1 + random() % 40; n > 0; --n) REQUIRE(::read(told[0], &byte, 1) == 1);
        REQUIRE(kill(child, SIGKILL) == 0);
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        ::close(told[0]);

        auto store = open(directory.file(), *cipher);
        const auto loaded = store->load_account("acc");
        if (!loaded) FAIL(loaded.error().message);
        check_log(*store, first, **loaded);
        CHECK((*loaded)->commit != last);  // what was told as done is there
        last = (*loaded)->commit;
    }
}
