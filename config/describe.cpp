#include "config/describe.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "config/text.hpp"

namespace rookery::config {
namespace {

std::string port(const std::optional<SidePort>& side) {
    return side ? to_string(side->endpoint) : "off";
}

std::string yes_no(bool value) {
    return value ? "yes" : "no";
}

// "info", or "info, relay=debug": the level that most components have, and the others.
std::string levels_text(const LogLevels& levels) {
    const auto most = *std::max_element(levels.of.begin(), levels.of.end(), [&](LogLevel a, LogLevel b) {
        return std::count(levels.of.begin(), levels.of.end(), a) < std::count(levels.of.begin(), levels.of.end(), b);
    });
    std::string text(to_string(most));
    for (std::size_t i = 0; i < levels.of.size(); ++i)
        if (levels.of[i] != most) text += fmt::format(", {}={}", log_component_names[i], to_string(levels.of[i]));
    return text;
}

class Lines {
public:
    void title(std::string text) { lines_.push_back(std::move(text)); }
    void value(std::string_view name, std::string_view value) {
        lines_.push_back(fmt::format("  {}: {}", name, value));
    }
    std::vector<std::string> take() { return std::move(lines_); }

private:
    std::vector<std::string> lines_;
};

void server(Lines& out, const Config& config) {
    out.title("--- Server ---");
    out.value("Listen address", to_string(config.listen));
    out.value("TLS", config.tls.enabled() ? config.tls.cert_file : "no");
    out.value("Metrics", port(config.metrics));
    out.value("Health check", port(config.health));
    if (!config.data_dir.empty()) out.value("Data directory", config.data_dir);
    out.value("Log", fmt::format("{}, {}, to {}", levels_text(config.logging.levels),
                                 config.logging.format == LogFormat::json ? "json" : "text", config.logging.file));
}

void components(Lines& out, const Config& config) {
    out.title("--- Components ---");
    out.value("Management", yes_no(config.management.has_value()));
    out.value("Signal", yes_no(config.signal.has_value()));
    out.value("Relay", yes_no(config.relay.has_value()));
    out.value("STUN", config.stun ? fmt::format("ports {}", fmt::join(config.stun->ports, ", ")) : "no");
}

void relay(Lines& out, const Relay& config) {
    out.title("--- Relay ---");
    out.value("Instance URL", config.exposed_url);
    out.value("Auth secret", config.auth_secret.empty() ? "generated, kept in the data directory" : "***");
}

void management(Lines& out, const Management& config) {
    out.title("--- Management ---");
    out.value("Exposed URL", config.exposed_url);
    out.value("DNS domain", config.dns_domain);
    out.value("Signal", fmt::format("{} ({})", config.signal_uri, config.signal_tls ? "TLS" : "no TLS"));
    out.value("Relays", fmt::format("[{}]", fmt::join(config.relay_urls, " ")));
    out.value("Store", config.store.engine == StoreEngine::sqlite ? "sqlite, " + config.store.file : "postgres, ***");
    out.value("Encryption key", config.encryption_key.empty() ? "generated, kept in the data directory" : "***");
}

bool read_by_us(std::string_view name) {
    constexpr std::array<std::string_view, 4> families{"NB_", "NETBIRD_", "ROOKERY_", "NATS_"};
    return name == "SINGLE_NODE_MODE" ||
           std::any_of(families.begin(), families.end(), [&](auto family) { return name.starts_with(family); });
}

bool names_a_secret(std::string_view name) {
    constexpr std::array<std::string_view, 6> words{"secret", "key", "password", "token", "dsn", "credential"};
    const auto small = lower(name);
    return std::any_of(words.begin(), words.end(), [&](auto word) { return small.find(word) != std::string::npos; });
}

}  // namespace

std::vector<std::string> describe(const Config& config) {
    Lines out;
    out.title("=== Configuration ===");
    server(out, config);
    components(out, config);
    if (config.relay) relay(out, *config.relay);
    if (config.management) management(out, *config.management);
    out.title("=== End Configuration ===");
    return out.take();
}

std::vector<std::string> describe_environment(const std::vector<std::string>& environment) {
    std::vector<std::string> lines;
    for (const auto& variable : environment) {
        const auto equals = variable.find('=');
        if (equals == std::string::npos) continue;
        const auto name = variable.substr(0, equals);
        if (!read_by_us(name)) continue;
        const auto value = variable.substr(equals + 1);
        lines.push_back(fmt::format("  {}={}", name, names_a_secret(name) ? "***" : without_user(value)));
    }
    std::sort(lines.begin(), lines.end());
    lines.insert(lines.begin(), "=== Environment Variables ===");
    return lines;
}

}  // namespace rookery::config
