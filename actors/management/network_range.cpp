#include "actors/management/network_range.hpp"

#include <algorithm>

namespace rookery::management {
namespace {

using core::Done;
using core::ErrorKind;

constexpr int longest_v4 = 28, longest_v6 = 120, shortest_v6 = 48;

tl::unexpected<core::Error> invalid(std::string text) {
    return core::fail(ErrorKind::invalid_argument, std::move(text));
}

bool within(const core::Prefix4& range, const char* net) {
    return core::parse_prefix4(net)->contains(range.address);
}
bool within(const core::Prefix6& range, const char* net) {
    return core::parse_prefix6(net)->contains(range.address);
}

template <class Prefix>
Result<Done> refuse_special(const Prefix& range, const char* loopback, const char* multicast, const char* link_local) {
    if (within(range, loopback)) return invalid("loopback address range not allowed");
    if (within(range, multicast)) return invalid("multicast address range not allowed");
    if (within(range, link_local)) return invalid("link-local address range not allowed");
    return Done{};
}

Result<Done> check_room(std::uint64_t room, std::size_t peers) {
    const auto needed = std::max<std::uint64_t>(10, peers + peers / 2);
    if (room >= needed) return Done{};
    return invalid("network range too small: need at least " + std::to_string(needed) + " addresses for " +
                   std::to_string(peers) + " peers + buffer, but range provides " + std::to_string(room));
}

}  // namespace

Result<core::Prefix4> parse_network_range(const std::string& text) {
    const auto range = core::parse_prefix4(text);
    if (!range)
        return invalid(core::parse_prefix6(text) ? "network range must be an ipv4 address"
                                                 : "invalid cidr format: " + text);
    if (auto done = refuse_special(*range, "127.0.0.0/8", "224.0.0.0/4", "169.254.0.0/16"); !done)
        return tl::unexpected(done.error());
    if (range->length == 0) return invalid("network range too large: 0.0.0.0/0 is every address");
    if (range->length > longest_v4) return invalid("network range too small: minimum size is /28 for ipv4");
    return *range;
}

Result<core::Prefix6> parse_network_range_v6(const std::string& text) {
    const auto range = core::parse_prefix6(text);
    if (!range)
        return invalid(core::parse_prefix4(text) ? "network range must be an ipv6 address"
                                                 : "invalid cidr format: " + text);
    if (auto done = refuse_special(*range, "::1/128", "ff00::/8", "fe80::/10"); !done)
        return tl::unexpected(done.error());
    if (range->length > longest_v6) return invalid("network range too small: minimum size is /120 for ipv6");
    if (range->length < shortest_v6) return invalid("network range too large: maximum size is /48 for ipv6");
    return *range;
}

Result<Done> check_capacity(const core::Prefix4& range, std::size_t peers) {
    return check_room((std::uint64_t{1} << (32 - range.length)) - 2, peers);
}

Result<Done> check_capacity(const core::Prefix6& range, std::size_t peers) {
    const int host_bits = 128 - range.length;
    return host_bits >= 63 ? Result<Done>() : check_room(std::uint64_t{1} << host_bits, peers);
}

}  // namespace rookery::management
