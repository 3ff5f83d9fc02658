// config.yaml as it stands in the file: typed, with defaults, nothing derived yet. Every key of config-ops §2 is
// known; those that change nothing in this version are checked and dropped.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/outcome.hpp"

namespace rookery::config {

struct StunEntry {  // of server.stuns
    std::string uri;
    std::string proto;
    std::string username;
    Secret password;
};

struct StoreSection {
    std::string engine;  // empty: not given
    Secret dsn;
    std::string file;
};

struct ServerSection {  // `server:`
    std::string listen_address;
    std::string exposed_address;
    std::vector<int> stun_ports;
    std::optional<int> metrics_port;
    std::optional<std::string> healthcheck_address;
    std::string log_level;
    std::string log_file;
    std::string data_dir = "/var/lib/netbird/";
    Secret auth_secret;

    Tls tls;
    bool letsencrypt = false;

    std::vector<StunEntry> stuns;
    std::vector<std::string> relay_addresses;
    std::string relay_credentials_ttl;
    Secret relay_secret;
    std::string signal_uri;

    std::string auth_issuer;
    bool local_auth_disabled = false;
    bool auth_owner_given = false;
    StoreSection legacy_auth_storage;  // server.auth.storage; authStore wins

    StoreSection store;
    StoreSection activity_store;
    StoreSection auth_store;
    Secret encryption_key;

    std::vector<std::string> trusted_http_proxies;
    unsigned trusted_http_proxies_count = 0;
    std::optional<std::vector<std::string>> trusted_peers;

    bool ha_enabled = false;
    bool traffic_flow_enabled = false;
};

struct ConfigFile {
    ServerSection server;
    Watchdog watchdog;                               // `rookery.watchdog`
    std::map<std::string, Supervision> supervision;  // `rookery.supervision`, an entry for every subtree
    Drain drain;                                     // `rookery.drain`
    LogLevelWish log_levels;                         // `rookery.log.levels`
    std::vector<std::string> warnings;               // unknown keys
};

// `name` stands for the file in messages. Unknown keys are warnings, with `strict` and below `rookery:` errors.
Parsed<ConfigFile> parse_config_file(const std::string& text, const std::string& name, bool strict);
Parsed<ConfigFile> read_config_file(const std::string& path, bool strict);

}  // namespace rookery::config
