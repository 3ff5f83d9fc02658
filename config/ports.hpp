// Rules about port numbers that several commands share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.hpp"
#include "config/outcome.hpp"

namespace rookery::config {

inline constexpr std::uint16_t signal_legacy_port = 10000;
inline constexpr std::uint16_t management_legacy_port = 33073;

// 0 to 65535; 0 asks the system for a port. The error names `key`.
Parsed<std::uint16_t> as_port(std::string_view key, int value);

// The gRPC-only port for very old agents, on the public port's host: somebody who listens on one address only means
// all of it. None when it is the public port already.
std::optional<SidePort> legacy_port(const Endpoint& listen, std::uint16_t port);

// What is wrong with a list of STUN ports; the two callers have different words for it.
struct StunPortProblem {
    enum class Kind { out_of_range, duplicate } kind;
    int port;
};
tl::expected<std::vector<std::uint16_t>, StunPortProblem> as_stun_ports(const std::vector<int>& ports);

}  // namespace rookery::config
