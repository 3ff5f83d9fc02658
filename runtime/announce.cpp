#include "runtime/announce.hpp"

#include <unistd.h>

#include <fmt/ranges.h>

#include "actors/core/log.hpp"
#include "config/describe.hpp"
#include "runtime/version.hpp"

namespace rookery::runtime {
namespace {

namespace log = core::log;

std::vector<std::string> process_variables() {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable) all.emplace_back(*variable);
    return all;
}

void announce_tls(const config::Tls& tls) {
    if (tls.enabled())
        log::info("setting up TLS with custom certificates.");
    else
        log::info("running without TLS");
}

}  // namespace

void announce_begin(const config::Config& config) {
    if (config.command == "serve") log::info("Starting combined NetBird server");
    log::info("Rookery {} starts", version);
    for (const auto& line : config::describe(config)) log::info("{}", line);
    for (const auto& line : config::describe_environment(process_variables())) log::info("{}", line);
    for (const auto& note : config.notes) log::info("{}", note);
    for (const auto& warning : config.warnings) log::warn("{}", warning);
}

void announce_roles(const config::Config& config) {
    if (config.relay) {
        log::info("Relay server created");
        log::info("Relay WebSocket handler added (path: /relay)");
        log::info("Relay server instance URL: {}", config.relay->exposed_url);
        if (config.management) log::info("Relay WebSocket multiplexed on management port (no separate relay listener)");
    }
    if (config.management) {
        log::info("Relay addresses: [{}]", fmt::join(config.management->relay_urls, " "));
        log::info("Management server created");
    }
    if (config.signal) {
        log::info("Signal server created");
        if (config.management) log::info("Signal server registered on port {}", config.listen.port);
    }
    if (config.management) log::info("using SQLite as activity event store engine");
}

void announce_ready(const config::Config& config) {
    const auto address = config::to_string(config.listen);
    if (config.management) {
        log::info("management server version {}", version);
        log::info("running HTTP server and gRPC server on the same port: {}", address);
    } else if (config.signal) {
        announce_tls(config.tls);
        log::info(
            "running {}: {}",
            config.tls.enabled() ? "HTTPS server with WebSocket proxy" : "HTTP server with WebSocket proxy (no TLS)",
            address);
        log::info("signal server version {}", version);
        log::info("started Signal Service");
    } else if (config.relay) {
        log::info("server will be available on: {}", config.relay->exposed_url);
        log::info("WS server listening address: {}", address);
        log::info("Not starting QUIC listener: this version relays over WebSocket alone");
    }
}

void announce_end(const std::string& command) {
    if (command == "signal")
        log::info("stopped Signal Service");
    else
        log::info("stopped");
}

}  // namespace rookery::runtime
