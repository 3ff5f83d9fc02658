#include "actors/core/log.hpp"

#include <vector>

#include "tests/catch.hpp"

namespace rookery::core {
namespace {

using log::Component;
using log::Level;

struct Recorder final : log::Sink {
    void write(const log::Line& line) override { lines.emplace_back(line.text); }
    std::uint64_t lost() const override { return 7; }
    std::vector<std::string> lines;
};

struct Installed {
    explicit Installed(const log::Levels& levels) { log::install(&recorder, levels); }
    ~Installed() { log::install(nullptr, {}); }
    Recorder recorder;
};

}  // namespace

TEST_CASE("a line belongs to the component of its folder") {
    const std::vector<std::pair<const char*, Component>> table{
        {"/src/actors/core/supervisor.cpp", Component::core},
        {"/src/actors/signal/session_actor.cpp", Component::signal},
        {"actors/relay/link_actor.cpp", Component::relay},
        {"/home/actors/signal/adapters/relay/link.cpp", Component::relay},
        {"/src/adapters/stun/server.cpp", Component::stun},
        {"/src/actors/management/account_actor.cpp", Component::management},
        {"/src/adapters/sqlite/database.cpp", Component::store},
        {"/src/adapters/grpc/server.cpp", Component::grpc},
        {"/src/adapters/rest/api.cpp", Component::http},
        {"/src/adapters/front/front.cpp", Component::edge},
        {"/src/adapters/control/control_socket.cpp", Component::control},
        {"/src/runtime/node.cpp", Component::node},
        {"main.cpp", Component::node},
    };
    for (const auto& [file, component] : table) CHECK(log::component_of(file) == component);
    // Decided by the compiler, from where the call stands.
    static_assert(log::component_of("/src/actors/relay/x.cpp") == Component::relay);
    CHECK(log::Format<>("x").component == Component::core);
}

TEST_CASE("each component has a level of its own, which may change at any time") {
    log::Levels levels;
    levels.apply({Level::warn, {{Component::core, Level::debug}}});
    Installed installed(levels);
    log::debug("one {}", 1);  // this file is core's
    CHECK_FALSE(log::enabled(Component::relay, Level::info));
    CHECK(log::enabled(Component::relay, Level::warn));

    auto changed = log::levels();
    CHECK(changed == levels);
    changed.apply({std::nullopt, {{Component::core, Level::error}}});
    log::set_levels(changed);
    log::warn("two");
    log::error("three");
    CHECK(installed.recorder.lines == std::vector<std::string>{"one 1", "three"});
}

TEST_CASE("lines are counted by level, lost ones too") {
    const auto before = log::written(Level::warn);
    {
        Installed installed({});
        log::warn("x");
        log::debug("below the level");
        CHECK(log::lost() == 7);
    }
    log::warn("nobody listens");
    CHECK(log::written(Level::warn) == before + 1);
    CHECK(log::lost() == 0);
}

}  // namespace rookery::core
