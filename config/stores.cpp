#include "config/stores.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "config/environment.hpp"

namespace rookery::config {
namespace {

std::string file_in(const std::string& data_dir, const std::string& file) {
    return (std::filesystem::path(data_dir) / file).lexically_normal().string();
}

Parsed<StoreEngine> parse_engine(const std::string& key, const std::string& text) {
    if (text.empty() || text == "sqlite") return StoreEngine::sqlite;
    if (text == "postgres") return StoreEngine::postgres;
    return wrong(fmt::format("{} \"{}\" is not supported: use sqlite or postgres", key, text));
}

// The file's DSN replaces the environment's (config-ops §2.6).
Secret settled_dsn(const StoreSection& section, const Environment& environment,
                   const std::vector<std::string>& variables) {
    if (!section.dsn.empty()) return section.dsn;
    return Secret(env_text(environment, variables).value_or(""));
}

std::string settled_file(const StoreSection& section, const std::optional<std::string>& from_environment,
                         const std::string& fallback) {
    return section.file.empty() ? from_environment.value_or(fallback) : section.file;
}

Done fill_main(const ServerSection& server, const Environment& environment, Management& management) {
    const auto engine = parse_engine("server.store.engine", server.store.engine);
    if (!engine) return wrong(engine.error());
    management.store.engine = *engine;
    management.store.file =
        file_in(management.data_dir,
                settled_file(server.store, env_text(environment, "NB_STORE_ENGINE_SQLITE_FILE"), "store.db"));
    if (*engine == StoreEngine::sqlite) return {};
    management.store.dsn =
        settled_dsn(server.store, environment, {"NB_STORE_ENGINE_POSTGRES_DSN", "NETBIRD_STORE_ENGINE_POSTGRES_DSN"});
    if (management.store.dsn.empty()) {
        return wrong("failed to create store: NB_STORE_ENGINE_POSTGRES_DSN is not set");
    }
    return {};
}

Done fill_activity(const ServerSection& server, const Environment& environment, Management& management) {
    auto& store = management.activity_store;
    const bool in_file = !server.activity_store.engine.empty();
    const auto text =
        in_file ? server.activity_store.engine : env_text(environment, "NB_ACTIVITY_EVENT_STORE_ENGINE").value_or("");
    const auto engine = parse_engine(in_file ? "server.activityStore.engine" : "NB_ACTIVITY_EVENT_STORE_ENGINE", text);
    if (!engine) return wrong(engine.error());
    store.engine = *engine;
    store.file = file_in(
        management.data_dir,
        settled_file(server.activity_store, env_text(environment, "NB_ACTIVITY_EVENT_SQLITE_FILE"), "events.db"));
    if (*engine == StoreEngine::sqlite) return {};
    store.dsn = settled_dsn(server.activity_store, environment, {"NB_ACTIVITY_EVENT_POSTGRES_DSN"});
    if (store.dsn.empty()) {
        return wrong(in_file ? "activityStore.dsn is required when activityStore.engine is postgres"
                             : "NB_ACTIVITY_EVENT_POSTGRES_DSN environment variable not set");
    }
    return {};
}

Done fill_auth(const ServerSection& server, const Environment&, Management& management) {
    auto& store = management.auth_store;
    const bool legacy = server.auth_store.engine.empty();
    const auto& section = legacy ? server.legacy_auth_storage : server.auth_store;
    const bool sqlite = section.engine.empty() || section.engine == "sqlite3" || section.engine == "sqlite";
    if (!sqlite && section.engine != "postgres") {
        return wrong(fmt::format("unsupported IdP storage type: {}", section.engine));
    }
    const auto& file = server.auth_store.file.empty() ? server.legacy_auth_storage.file : server.auth_store.file;
    store.file = file_in(management.data_dir, file.empty() ? "idp.db" : file);
    if (sqlite) return {};
    store.engine = StoreEngine::postgres;
    store.dsn = server.auth_store.dsn;
    if (store.dsn.empty()) return wrong("authStore.dsn is required when authStore.engine is postgres");
    return {};
}

}  // namespace

Done fill_stores(const ServerSection& server, const Environment& environment, Management& management) {
    for (const auto fill : {&fill_activity, &fill_auth, &fill_main}) {
        if (auto done = fill(server, environment, management); !done) return done;
    }
    return {};
}

}  // namespace rookery::config
