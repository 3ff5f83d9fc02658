// From command line, environment and file to a checked Config. Nothing here logs or exits: errors and help
// texts are values.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.hpp"

namespace rookery::config {

// Reads an environment variable; std::nullopt when unset. Injected so that tests need no process environment.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
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
