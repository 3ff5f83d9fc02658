// What a node is told: which roles it carries and how. One typed value for every way of starting
// (`serve` with or without a file, `signal`, `relay`, `management`), made and checked by the loaders beside this
// file; nothing below re-reads a file, a flag or the environment.
// Source: config-ops §2 (config.yaml), §3 (environment), §4 and signal-relay-stun §1.10, §2.19 (images).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/log_level.hpp"
#include "config/secret.hpp"

namespace rookery::config {

// Where to listen: ":443" is every address, IPv6 and IPv4. Port 0 asks the system for one.
struct Endpoint {
    std::string host;  // empty: all addresses; otherwise an address literal or a name
    std::uint16_t port = 0;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
std::string to_string(const Endpoint& endpoint);  // "[::1]:443", ":443"

// A port that may be off: std::nullopt. `asked_for`: the operator named it, so failing to bind it is fatal.
struct SidePort {
    Endpoint endpoint;
    bool asked_for = false;
};

enum class LogFormat { text, json };

struct Logging {
    LogLevels levels;
    std::string file = "console";  // console (stderr), syslog, or a path
    LogFormat format = LogFormat::text;
    int max_megabytes = 15;  // of a file, before it is rotated; 0: never (NB_LOG_MAX_SIZE_MB, NB_LOG_DISABLE_ROTATION)
};

struct Tls {  // PEM files; both empty: cleartext
    std::string cert_file;
    std::string key_file;
    bool enabled() const { return !cert_file.empty(); }
};

// Restart intensity of one subtree of the supervision tree (per node).
struct Supervision {
    int max_restarts = 10;  // within `period`; one more and the level above decides
    std::chrono::milliseconds period{10'000};
    std::chrono::milliseconds backoff_first{10};  // doubles up to backoff_max, jittered ± 20 %
    std::chrono::milliseconds backoff_max{5'000};
    std::chrono::milliseconds shutdown_timeout{5'000};
};

// When an actor that handles one message is reported as stuck (per node).
struct Watchdog {
    std::chrono::milliseconds stuck_after{1'000};
    std::chrono::milliseconds stuck_after_blocking{10'000};  // actors with a thread of their own, such as the store
};

// How the nodes of a pool find and reach each other.
struct Nats {
    std::vector<Secret> endpoints;  // NATS_ENDPOINTS; nats:// or tls://, user:password@ or token@ in front of the host
    std::string credentials_file;   // NATS_CREDS
    std::string cluster = "default";  // ROOKERY_CLUSTER: pools that share NATS servers need different names
    Secret secret;                    // ROOKERY_POOL_SECRET: empty: whoever reaches the NATS servers is of the pool
    Endpoint link_listen;             // ROOKERY_LINK_LISTEN: for other nodes' links; port 0: the system chooses
    // ROOKERY_LINK_ADDRESS, where others dial: host or host:port; empty: the address that reaches the NATS server
    std::string link_address;
};

struct Signal {
    std::chrono::milliseconds send_timeout{10'000};  // NB_SIGNAL_SEND_TIMEOUT
    std::optional<SidePort> legacy;                  // gRPC only, :10000
    std::optional<Nats> nats;                        // SINGLE_NODE_MODE=false: one node of a pool
};

struct Relay {
    std::string exposed_url;  // rel:// or rels://, announced byte for byte
    Secret auth_secret;
    int health_check_attempts = 1;             // NB_RELAY_HC_ATTEMPT_THRESHOLD
    std::vector<std::string> trusted_proxies;  // CIDRs or addresses, validated
};

struct Stun {
    std::vector<std::uint16_t> ports;  // UDP, at least one when the role is on
};

struct HostConfig {  // an entry of server.stuns
    std::string uri;
    std::string protocol;  // "udp" "tcp" "http" "https" "dtls"; derived when not given
    std::string username;
    Secret password;
};

enum class StoreEngine { sqlite, postgres };

struct Store {
    StoreEngine engine = StoreEngine::sqlite;
    Secret dsn;        // postgres
    std::string file;  // sqlite; absolute after loading
};

struct Management {
    std::string exposed_url;  // "http://host:port" or "https://…" without trailing slash
    std::string data_dir = "/var/lib/netbird/";
    std::string dns_domain = "netbird.selfhosted";

    // What agents are told (config-ops §2.10).
    std::string signal_uri;  // "host:port"
    bool signal_tls = false;
    std::vector<std::string> relay_urls;
    Secret relay_secret;
    std::chrono::seconds relay_token_ttl{12 * 3600};
    std::vector<HostConfig> stuns;

    Store store;
    Store activity_store;
    Store auth_store;
    Secret encryption_key;           // base64 of 32 bytes; empty: kept in data_dir, generated once
    std::optional<SidePort> legacy;  // gRPC only, :33073

    std::string auth_issuer;
    // Who may tell another client's address (config-ops §2.7): CIDRs, empty trusts nobody.
    std::vector<std::string> trusted_http_proxies;  // HTTP, and proxies behind a trusted peer
    unsigned trusted_http_proxies_count = 0;
    std::vector<std::string> trusted_peers;  // gRPC
    int max_concurrent_syncs = 1000;         // negative: no limit
    bool setup_pat_enabled = false;          // NB_SETUP_PAT_ENABLED
    bool ha_enabled = false;
};

struct Drain {  // design §7; sum stays below Compose's 10 s
    std::chrono::milliseconds delay{3'000};
    std::chrono::milliseconds timeout{5'000};
    std::chrono::milliseconds goodbye{1'000};
};

struct Config {
    std::string command = "serve";  // serve | signal | relay | management

    // A role this node carries is set; the others are not.
    std::optional<Signal> signal;
    std::optional<Relay> relay;
    std::optional<Stun> stun;
    std::optional<Management> management;

    Endpoint listen{"", 443};         // the public port
    std::optional<SidePort> metrics;  // :9090 /metrics
    std::optional<SidePort> health;   // :9000 /health
    Tls tls;
    Logging logging;
    std::string data_dir;                      // of this process; empty: it keeps nothing (signal, relay)
    std::vector<std::string> control_sockets;  // paths, the first that can be used is; empty: no control

    Watchdog watchdog;
    std::map<std::string, Supervision> supervision;  // by supervisor: config::subtrees
    Drain drain;

    std::vector<std::string> warnings;  // one line each, logged at WARN once logging runs
    std::vector<std::string> notes;     // one line each, logged at INFO
};

}  // namespace rookery::config
