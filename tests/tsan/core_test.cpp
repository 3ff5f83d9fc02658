// Tables, replies, log levels and vitals under contention.
#include <atomic>
#include <memory>
#include <string>

#include "actors/core/local_table.hpp"
#include "actors/core/log.hpp"
#include "actors/core/reply.hpp"
#include "actors/core/vitals.hpp"
#include "tests/catch.hpp"
#include "tests/tsan/threads.hpp"

using namespace rookery;

TEST_CASE("a table is read while its keys are written") {
    struct Box {
        std::string key;
        int number;  // written before it is put, read by whoever finds it
    };
    core::LocalTable<Box> table;
    const auto key = [](int i) { return "key-" + std::to_string(i); };
    constexpr int keys = 24, rounds = 400;
    std::atomic<bool> done{false};
    std::atomic<int> writers{2}, wrong{0};

    // One writer per key at a time, as registrars are.
    const auto writer = [&](int parity) {
        return [&, parity] {
            std::vector<std::shared_ptr<Box>> mine(keys);
            for (int round = 0; round < rounds; ++round)
                for (int i = parity; i < keys; i += 2) {
                    auto box = std::make_shared<Box>();
                    box->key = key(i);
                    box->number = round;
                    if (table.put(key(i), box) != mine[i]) ++wrong;
                    if (mine[i] && table.remove(key(i), mine[i].get())) ++wrong;  // an older one's late removal
                    mine[i] = box;
                    if (round % 3 == 0 && !table.remove(key(i), std::exchange(mine[i], nullptr).get())) ++wrong;
                }
            if (--writers == 0) done = true;
        };
    };
    const auto reader = [&] {
        std::vector<int> last(keys, -1);
        while (!done) {
            for (int i = 0; i < keys; ++i)
                if (const auto box = table.find(key(i))) {
                    if (box->key != key(i) || box->number < last[i]) ++wrong;
                    last[i] = box->number;
                }
            table.for_each([&](const std::string& name, const auto& box) { wrong += box->key != name; });
            wrong += table.size() > keys;
        }
    };
    tsan::together({writer(0), writer(1), reader, reader});
    CHECK(wrong == 0);
}

TEST_CASE("a reply is given once, whoever is first") {
    for (int round = 0; round < 500; ++round) {
        std::atomic<int> calls{0};
        std::string text;  // written by the receiver alone, read after all have ended
        {
            core::Reply<int> reply([&](const core::Result<int>& result) {
                ++calls;
                text = result ? std::to_string(*result) : result.error().message;
            });
            // Some answer, some only let go; the last copy of all is gone when the threads are.
            std::vector<std::function<void()>> work;
            for (int i = 0; i < 4; ++i)
                work.emplace_back([reply, i, answers = round % 3 != 0] {
                    const auto copy = reply;
                    if (answers) copy(i);
                });
            reply = {};
            tsan::together(std::move(work));
        }
        REQUIRE(calls == 1);
        REQUIRE(!text.empty());
    }
}

namespace {
core::log::Levels all(core::log::Level level) {
    core::log::Levels levels;
    levels.of.fill(level);
    return levels;
}
}  // namespace

TEST_CASE("log levels change while lines are written") {
    struct Counting final : core::log::Sink {
        std::atomic<int> lines{0};
        void write(const core::log::Line& line) override { lines += !line.text.empty(); }
    };
    Counting first, second;
    core::log::install(&first, all(core::log::Level::info));
    std::atomic<bool> done{false};
    const auto writer = [&] {
        for (int i = 0; i < 3'000; ++i) core::log::info("line {}", i);
    };
    tsan::together({writer, writer,
                    [&] {
                        while (!done) {
                            core::log::set_levels(all(core::log::Level::debug));
                            core::log::install(&second, all(core::log::Level::warn));
                            core::log::install(&first, all(core::log::Level::trace));
                        }
                    },
                    [&] {
                        writer();
                        done = true;
                    }});
    core::log::install(nullptr, all(core::log::Level::off));
    CHECK(first.lines + second.lines > 0);
}

TEST_CASE("vitals are read while actors come, work and go") {
    core::VitalsRegistry registry;
    const auto root = std::make_shared<core::Vitals>("node", nullptr);
    registry.add(root);
    std::atomic<int> working{3};
    std::atomic<int> wrong{0};
    const auto actor = [&](const char* name) {
        return [&, name] {
            for (int i = 0; i < 300; ++i) {
                const auto vitals = std::make_shared<core::Vitals>(name, root);
                registry.add(vitals);
                vitals->depth.fetch_add(1, std::memory_order_relaxed);
                vitals->handling.store(typeid(int).name(), std::memory_order_relaxed);
                vitals->handling_since_ns.store(1, std::memory_order_relaxed);
                vitals->set_last_error("error " + std::to_string(i));
                root->set_last_error(name);
                vitals->handling_since_ns.store(0, std::memory_order_relaxed);
                registry.remove(vitals.get());
            }
            --working;
        };
    };
    const auto watcher = [&] {
        while (working > 0)
            for (const auto& status : registry.snapshot()) wrong += !status.path.starts_with("node");
    };
    tsan::together({actor("a"), actor("b"), actor("c"), watcher});
    CHECK(wrong == 0);
    CHECK(registry.size() == 1);
}
