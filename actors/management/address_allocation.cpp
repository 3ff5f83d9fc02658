#include "actors/management/address_allocation.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace rookery::management {
namespace {

constexpr int probes = 16;  // at half full one in 65,536 needs the search

core::Ipv6 host_address(const core::Prefix6& net, std::uint64_t host) {
    auto address = net.address;
    for (std::size_t i = 15; i >= 8; --i, host >>= 8) address.bytes[i] |= static_cast<std::uint8_t>(host);
    return address;
}

core::Ipv6 random_host(const core::Prefix6& net, const Random& random) {
    auto address = net.address;
    for (int i = net.length / 8; i < 16; ++i) {
        const int fixed_bits = std::max(0, net.length - i * 8);
        address.bytes[static_cast<std::size_t>(i)] |= static_cast<std::uint8_t>(random(256) & (0xFFu >> fixed_bits));
    }
    return address;
}

bool is_edge(const core::Prefix6& net, const core::Ipv6& address) {  // all host bits 0 or all 1
    if (address == net.address) return true;
    for (int i = net.length / 8; i < 16; ++i) {
        const int fixed_bits = std::max(0, net.length - i * 8);
        const auto ones = static_cast<std::uint8_t>(0xFFu >> fixed_bits);
        if ((address.bytes[static_cast<std::size_t>(i)] & ones) != ones) return false;
    }
    return true;
}

template <class Prefix>
tl::unexpected<core::Error> out_of_ips(const Prefix& net) {
    return core::fail(core::ErrorKind::precondition_failed, "network " + core::to_string(net) + " is out of IPs");
}

}  // namespace

Result<core::Ipv4> allocate_ipv4(const AccountState& account, const Random& random) {
    const auto& net = account.network.net;
    const auto addresses = std::uint64_t{1} << (32 - net.length);
    if (addresses < 4) return out_of_ips(net);
    const auto hosts = addresses - 2;  // neither network nor broadcast address

    std::unordered_set<std::uint32_t> used;
    used.reserve(account.peers.size());
    for (const auto& [id, peer] : account.peers) used.insert(peer->ip.value);
    const auto address = [&](std::uint64_t host) { return net.address.value + static_cast<std::uint32_t>(host); };

    for (int i = 0; i < probes; ++i)
        if (const auto a = address(1 + random(hosts)); !used.contains(a)) return core::Ipv4{a};
    for (std::uint64_t host = 1; host <= hosts; ++host)
        if (!used.contains(address(host))) return core::Ipv4{address(host)};
    return out_of_ips(net);
}

Result<core::Ipv6> allocate_ipv6(const AccountState& account, const Random& random) {
    const auto& net = *account.network.net_v6;
    std::set<core::Ipv6> used;
    for (const auto& [id, peer] : account.peers)
        if (peer->ipv6) used.insert(*peer->ipv6);
    for (int i = 0; i < probes; ++i)
        if (const auto a = random_host(net, random); !is_edge(net, a) && !used.contains(a)) return a;
    // More numbers than peers: one of them is free, unless the network is smaller than that.
    for (std::uint64_t host = 1; host <= used.size() + 1; ++host) {
        const auto a = host_address(net, host);
        if (!net.contains(a) || is_edge(net, a)) break;
        if (!used.contains(a)) return a;
    }
    return out_of_ips(net);
}

}  // namespace rookery::management
