// From command line, environment and file to a checked Config. Nothing here logs or exits: errors and help
// texts are values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.hpp"

namespace rookery::config {

// The environment as it was when the process started. A value, so that tests need no process environment.
class Environment {
public:
    explicit Environment(std::map<std::string, std::string> variables) : variables_(std::move(variables)) {}
    // std::nullopt when unset.
    std::optional<std::string> operator()(const std::string& name) const {
        const auto found = variables_.find(name);
        return found == variables_.end() ? std::nullopt : std::optional(found->second);
    }
    const std::map<std::string, std::string>& variables() const { return variables_; }

private:
    std::map<std::string, std::string> variables_;
};
Environment process_environment();

struct LoadError {
    std::string message;  // the last line the operator sees, without a prefix
};
template <class T>
using Loaded = tl::expected<T, LoadError>;

// `rookery serve` and `rookery management`: config.yaml (config-ops §2), environment (§3), flags.
struct ServeOptions {
    std::optional<std::string> config_file;
    std::optional<std::string> listen;           // "host:port", ":port"
    std::optional<std::string> exposed_address;  // URL or host:port
    std::optional<std::string> data_dir;
    std::optional<std::string> log_level;
    std::optional<std::string> log_file;
    bool strict = false;  // unknown keys are errors

    // `rookery management` only: the flags of the separate image (config-ops §4.1).
    std::optional<int> port;          // of the public port, all addresses; --listen wins
    std::optional<int> metrics_port;  //
    std::optional<std::string> cert_file;
    std::optional<std::string> cert_key;
    std::optional<std::string> dns_domain;
    bool disable_legacy_port = false;
    std::string letsencrypt_domain;            // refused
    bool disable_single_account_mode = false;  // refused
    std::vector<std::string> without_effect;   // flags that were given and change nothing here
};

// Without a file: all roles, SQLite in the data directory (default: ./rookery-data for a user, /var/lib/rookery
// as root), listen :33080, exposed http://<first non-loopback address or 127.0.0.1>:<port>, secrets left empty (runtime
// keeps generated ones in the data directory), health and metrics on loopback.
Loaded<Config> load_serve(const ServeOptions& options, const Environment& environment);
Loaded<Config> load_management(const ServeOptions& options, const Environment& environment);

// `rookery signal [run] FLAGS`, `rookery relay [run] FLAGS`: `arguments` without the program and the command's name.
Loaded<Config> load_signal(const std::vector<std::string>& arguments, const Environment& environment);
Loaded<Config> load_relay(const std::vector<std::string>& arguments, const Environment& environment);

// Help texts of the two, made from their flag tables.
std::string usage_signal();
std::string usage_relay();

}  // namespace rookery::config
