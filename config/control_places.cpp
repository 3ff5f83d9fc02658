#include "config/control_places.hpp"

#include <fmt/format.h>

#include "config/endpoint.hpp"
#include "config/environment.hpp"
#include "config/machine.hpp"

namespace rookery::config {
namespace {

std::string without_slashes(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

// "signal-443", "relay-10.0.0.1:443": two nodes of one machine differ in one of these.
std::string socket_name(const Config& config) {
    const auto& at = config.listen;
    return fmt::format("{}-{}.sock", config.command, at.host.empty() ? std::to_string(at.port) : to_string(at));
}

}  // namespace

std::vector<std::string> control_directories(const Environment& environment, unsigned user) {
    std::vector<std::string> all{"/run/rookery"};
    if (const auto runtime = env_text(environment, "XDG_RUNTIME_DIR")) all.push_back(*runtime + "/rookery");
    all.push_back(fmt::format("/tmp/rookery-{}", user));
    return all;
}

void settle_control_sockets(const Environment& environment, Config& config) {
    const auto asked = env_text(environment, "ROOKERY_CONTROL_SOCKET");
    if (asked == "off") return;
    if (asked) {
        config.control_sockets = {*asked};
    } else if (!config.data_dir.empty()) {
        config.control_sockets = {without_slashes(config.data_dir) + "/control.sock"};
    } else {
        for (const auto& directory : control_directories(environment, user_id()))
            config.control_sockets.push_back(directory + "/" + socket_name(config));
    }
}

}  // namespace rookery::config
