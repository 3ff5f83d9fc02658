#include "runtime/status.hpp"

#include <nlohmann/json.hpp>

#include "runtime/pool_status.hpp"
#include "runtime/version.hpp"
#include "runtime/watchdog.hpp"

namespace rookery::runtime {

using adapters::control::Json;

namespace {

Json roles_of(const config::Config& configuration) {
    Json roles = Json::array();
    if (configuration.management) roles.push_back("management");
    if (configuration.signal) roles.push_back("signal");
    if (configuration.relay) roles.push_back("relay");
    if (configuration.stun) roles.push_back("stun");
    return roles;
}

Json actor_rows(const core::VitalsRegistry& actors, const config::Watchdog& limits) {
    Json rows = Json::array();
    for (const auto& a : actors.snapshot()) {
        Json row{{"path", a.path},         {"name", a.name},
                 {"level", a.level},       {"depth", a.depth},
                 {"handled", a.handled},   {"busy_us", a.busy.count() / 1000},
                 {"restarts", a.restarts}, {"last_error", a.last_error}};
        if (a.handling_for.count() > 0) {
            row["handling"] = a.handling;
            row["handling_ms"] = a.handling_for.count() / 1'000'000;
        }
        if (is_stuck(a, limits)) row["stuck"] = true;
        if (a.supervision)
            row["supervisor"] = {{"strategy", a.supervision->kind},
                                 {"children", a.supervision->children.load()},
                                 {"running", a.supervision->running.load()},
                                 {"crashed", a.supervision->crashed.load()}};
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

Json node_status(const config::Config& configuration, const State& state, const Pool& pool,
                 const core::VitalsRegistry& actors) {
    return {{"version", version},
            {"state", state.lifecycle.text()},
            {"roles", roles_of(configuration)},
            {"listen", config::to_string(configuration.listen)},
            {"signal",
             {{"peers", state.signal_counters->active_peers.load()},
              {"forwarded", state.signal_counters->messages_forwarded.load()},
              {"not_connected", state.signal_counters->not_connected.load()}}},
            {"relay",
             {{"peers", state.relay_counters->peers.load()},
              {"frames", state.relay_counters->forwarded_frames.load()},
              {"dropped_overflow", state.relay_counters->dropped_overflow.load()}}},
            {"pool", pool_status(pool)},
            {"actors", actor_rows(actors, configuration.watchdog)}};
}

}  // namespace rookery::runtime
