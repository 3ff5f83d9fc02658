#include "config/quick_start.hpp"

#include <fmt/format.h>

#include "config/endpoint.hpp"
#include "config/supervision.hpp"

namespace rookery::config {
namespace {

constexpr const char* default_listen = ":33080";

// Whoever listens on one address is reached there; whoever listens on all, at the machine's first.
Parsed<std::string> exposed_address(const std::string& listen, const Machine& machine) {
    const auto endpoint = parse_endpoint(listen);
    if (!endpoint) return wrong(fmt::format("--listen: {}", endpoint.error()));
    if (endpoint->port == 0) return wrong("--listen with port 0 needs --exposed-address");
    const bool everywhere = endpoint->host.empty() || endpoint->host == "0.0.0.0" || endpoint->host == "::";
    const auto host = everywhere ? machine.address.value_or("127.0.0.1") : endpoint->host;
    return fmt::format("http://{}:{}", bracketed(host), endpoint->port);
}

}  // namespace

Parsed<ConfigFile> quick_start(const ServeOptions& options, const Machine& machine) {
    ConfigFile out;
    out.supervision = default_supervision();
    auto& server = out.server;
    server.listen_address = options.listen.value_or(default_listen);
    server.data_dir = machine.root ? "/var/lib/rookery" : "rookery-data";
    if (!options.exposed_address) {
        auto exposed = exposed_address(server.listen_address, machine);
        if (!exposed) return wrong(exposed.error());
        server.exposed_address = std::move(*exposed);
    }
    return out;
}

}  // namespace rookery::config
