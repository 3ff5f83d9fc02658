#include "config/ports.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace rookery::config {

Parsed<std::uint16_t> as_port(std::string_view key, int value) {
    if (value < 0 || value > 65535) {
        return wrong(fmt::format("invalid {} value {}: must be between 0 and 65535", key, value));
    }
    return static_cast<std::uint16_t>(value);
}

std::optional<SidePort> legacy_port(const Endpoint& listen, std::uint16_t port) {
    if (listen.port == port) return std::nullopt;
    return SidePort{{listen.host, port}, false};
}

tl::expected<std::vector<std::uint16_t>, StunPortProblem> as_stun_ports(const std::vector<int>& ports) {
    std::vector<std::uint16_t> out;
    for (const int port : ports) {
        if (port < 1 || port > 65535) return tl::unexpected(StunPortProblem{StunPortProblem::Kind::out_of_range, port});
        if (std::find(out.begin(), out.end(), port) != out.end()) {
            return tl::unexpected(StunPortProblem{StunPortProblem::Kind::duplicate, port});
        }
        out.push_back(static_cast<std::uint16_t>(port));
    }
    return out;
}

}  // namespace rookery::config
