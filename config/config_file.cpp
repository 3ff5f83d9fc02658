#include "config/config_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "config/supervision.hpp"
#include "config/yaml_reader.hpp"

namespace rookery::config {
namespace {

void read_core(YamlMap& server, ServerSection& out) {
    server.read("listenAddress", out.listen_address);
    server.read("exposedAddress", out.exposed_address);
    server.read("stunPorts", out.stun_ports);
    server.read("metricsPort", out.metrics_port);
    server.read("healthcheckAddress", out.healthcheck_address);
    server.read("logLevel", out.log_level);
    server.read("logFile", out.log_file);
    server.read("dataDir", out.data_dir);
    server.read("authSecret", out.auth_secret);
    server.accept<bool>({"disableAnonymousMetrics", "disableGeoliteUpdate"});
    server.accept<int>({"supportedSyncMessageVersions"});
    server.read_int_map("perAccountSupportedSyncMessageVersions");
}

void read_tls(YamlMap tls, ServerSection& out) {
    tls.read("certFile", out.tls.cert_file);
    tls.read("keyFile", out.tls.key_file);
    auto letsencrypt = tls.map("letsencrypt");
    letsencrypt.read("enabled", out.letsencrypt);
    letsencrypt.accept<std::string>({"dataDir", "email"});
    letsencrypt.accept<std::vector<std::string>>({"domains"});
    letsencrypt.accept<bool>({"awsRoute53"});
}

void read_external_services(YamlMap& server, ServerSection& out) {
    for (auto& entry : server.list_of_maps("stuns")) {
        auto& stun = out.stuns.emplace_back();
        entry.read("uri", stun.uri);
        entry.read("proto", stun.proto);
        entry.read("username", stun.username);
        entry.read("password", stun.password);
    }
    auto relays = server.map("relays");
    relays.read("addresses", out.relay_addresses);
    relays.read("credentialsTTL", out.relay_credentials_ttl);
    relays.read("secret", out.relay_secret);
    server.read("signalUri", out.signal_uri);
}

void read_auth(YamlMap auth, ServerSection& out) {
    auth.read("issuer", out.auth_issuer);
    auth.read("localAuthDisabled", out.local_auth_disabled);
    auth.accept<bool>({"signKeyRefreshEnabled", "mfaSessionRememberMe"});
    auth.accept<std::chrono::milliseconds>({"mfaSessionMaxLifetime", "mfaSessionIdleTimeout"});
    auth.accept<Secret>({"sessionCookieEncryptionKey"});
    auth.accept<std::vector<std::string>>(
        {"dashboardRedirectURIs", "cliRedirectURIs", "dashboardPostLogoutRedirectURIs", "grantTypes"});
    auto storage = auth.map("storage");
    storage.read("type", out.legacy_auth_storage.engine);
    storage.read("file", out.legacy_auth_storage.file);
    auto owner = auth.map("owner");
    out.auth_owner_given = owner.has("email");
    owner.accept<std::string>({"email"});
    owner.accept<Secret>({"password"});
}

void read_store(YamlMap& store, StoreSection& out) {
    store.read("engine", out.engine);
    store.read("dsn", out.dsn);
    store.read("file", out.file);
}

void read_stores(YamlMap& server, ServerSection& out) {
    auto store = server.map("store");
    read_store(store, out.store);
    store.read("encryptionKey", out.encryption_key);
    auto activity = server.map("activityStore");
    read_store(activity, out.activity_store);
    auto auth = server.map("authStore");
    read_store(auth, out.auth_store);
}

void read_reverse_proxy(YamlMap proxy, ServerSection& out) {
    proxy.read("trustedHTTPProxies", out.trusted_http_proxies);
    proxy.read("trustedHTTPProxiesCount", out.trusted_http_proxies_count);
    proxy.read("trustedPeers", out.trusted_peers);
    proxy.accept<int>({"accessLogRetentionDays", "accessLogCleanupIntervalHours"});
}

void read_cluster(YamlMap& server, ServerSection& out) {
    auto ha = server.map("ha");
    ha.read("enabled", out.ha_enabled);
    ha.accept<Secret>({"redisAddr", "natsEndpoints"});
    auto flow = server.map("trafficFlow");
    flow.read("enabled", out.traffic_flow_enabled);
    flow.accept<std::string>({"address"});
    flow.accept<std::chrono::milliseconds>({"interval"});
    server.map("agentNetwork").accept<std::string>({"pricingDefaultsFile"});
}

void read_server(YamlMap server, ServerSection& out) {
    read_core(server, out);
    read_tls(server.map("tls"), out);
    read_external_services(server, out);
    read_auth(server.map("auth"), out);
    read_stores(server, out);
    read_reverse_proxy(server.map("reverseProxy"), out);
    read_cluster(server, out);
}

void read_supervision(YamlMap subtree, Supervision& out) {
    subtree.read("maxRestarts", out.max_restarts);
    const auto positive = [&](const char* key, std::chrono::milliseconds& value) {
        subtree.read(key, value);
        if (value.count() == 0) subtree.fail(key, "must be at least 1ms");
    };
    positive("period", out.period);
    positive("backoffFirst", out.backoff_first);
    positive("backoffMax", out.backoff_max);
    positive("shutdownTimeout", out.shutdown_timeout);
    if (out.max_restarts < 0) subtree.fail("maxRestarts", "must not be negative");
    if (out.backoff_max < out.backoff_first) subtree.fail("backoffMax", "must not be less than backoffFirst");
}

void read_log_levels(YamlMap levels, LogLevelWish& out) {
    for (std::size_t i = 0; i < log_component_names.size(); ++i) {
        const std::string name(log_component_names[i]);
        std::optional<std::string> text;
        levels.read(name, text);
        if (!text) continue;
        const auto level = parse_log_level(*text);
        if (!level) return levels.fail(name, level.error());
        out.some[static_cast<LogComponent>(i)] = *level;
    }
}

void read_watchdog(YamlMap watchdog, Watchdog& out) {
    const auto positive = [&](const char* key, std::chrono::milliseconds& value) {
        watchdog.read(key, value);
        if (value.count() == 0) watchdog.fail(key, "must be at least 1ms");
    };
    positive("stuckAfter", out.stuck_after);
    positive("stuckAfterBlocking", out.stuck_after_blocking);
}

void read_own(YamlMap own, ConfigFile& out) {
    auto drain = own.map("drain");
    drain.read("delay", out.drain.delay);
    drain.read("timeout", out.drain.timeout);
    drain.read("goodbye", out.drain.goodbye);
    read_log_levels(own.map("log").map("levels"), out.log_levels);
    read_watchdog(own.map("watchdog"), out.watchdog);
    auto supervision = own.map("supervision");
    for (auto& [name, subtree] : out.supervision) read_supervision(supervision.map(name), subtree);
}

bool is_own(const std::string& path) {
    return path == "rookery" || path.compare(0, 8, "rookery.") == 0;
}

std::string describe(const UnknownKey& key, const std::string& file) {
    const auto meant = key.meant ? fmt::format(" (did you mean {}?)", *key.meant) : "";
    return fmt::format("unknown key {} in {}{}", key.path, file, meant);
}

// The reference ignores unknown keys silently and files of the enterprise product have some, so they are no reason
// not to start; a misspelt key of our own section can only be a mistake.
Done judge_unknown_keys(const YamlReport& report, const std::string& file, bool strict,
                        std::vector<std::string>& warnings) {
    for (const auto& key : report.unknown_keys()) {
        auto text = describe(key, file);
        if (strict || is_own(key.path)) return wrong(std::move(text));
        warnings.push_back(std::move(text));
    }
    return {};
}

Parsed<ConfigFile> read_tree(const YAML::Node& tree, const std::string& name, bool strict) {
    YamlReport report;
    ConfigFile out;
    out.supervision = default_supervision();
    auto root = YamlMap::root(tree, report);
    read_server(root.map("server"), out.server);
    read_own(root.map("rookery"), out);
    if (report.error()) return wrong(fmt::format("failed to parse config file: {}", *report.error()));
    if (const auto judged = judge_unknown_keys(report, name, strict, out.warnings); !judged) {
        return wrong(judged.error());
    }
    return out;
}

// yaml-cpp notices a quote that is never closed only when nothing, not even a newline, stands before the end of the
// text; otherwise the rest of the file would silently be part of that value.
YAML::Node load_tree(const std::string& text) {
    return YAML::Load(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
}

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

Parsed<std::string> read_all(const std::string& path) {
    const auto failed = [&] {
        return wrong(fmt::format("failed to read config file: {}: {}", path, std::strerror(errno)));
    };
    const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
    if (!file) return failed();
    std::string text;
    std::array<char, 4096> block{};
    while (const auto count = std::fread(block.data(), 1, block.size(), file.get())) text.append(block.data(), count);
    if (std::ferror(file.get()) != 0) return failed();
    return text;
}

}  // namespace

Parsed<ConfigFile> parse_config_file(const std::string& text, const std::string& name, bool strict) {
    try {
        return read_tree(load_tree(text), name, strict);
    } catch (const YAML::Exception& error) {
        const auto where =
            error.mark.is_null() ? "" : fmt::format("line {}, column {}: ", error.mark.line + 1, error.mark.column + 1);
        return wrong(fmt::format("failed to parse config file: {}{}", where, error.msg));
    }
}

Parsed<ConfigFile> read_config_file(const std::string& path, bool strict) {
    const auto text = read_all(path);
    if (!text) return wrong(text.error());
    return parse_config_file(*text, path, strict);
}

}  // namespace rookery::config
