#include "actors/management/address_allocation.hpp"

#include <algorithm>

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

Result<core::Ipv4> Ipv4Pool::take(const Random& random) {
    const auto addresses = std::uint64_t{1} << (32 - net_.length);
    if (addresses < 4) return out_of_ips(net_);
    const auto hosts = addresses - 2;  // neither network nor broadcast address
    const auto free = [&](std::uint64_t host) -> std::optional<core::Ipv4> {
        const auto address = net_.address.value + static_cast<std::uint32_t>(host);
        if (!used_.insert(address).second) return std::nullopt;
        return core::Ipv4{address};
    };
    for (int i = 0; i < probes; ++i)
        if (const auto address = free(1 + random(hosts))) return *address;
    for (std::uint64_t host = 1; host <= hosts; ++host)
        if (const auto address = free(host)) return *address;
    return out_of_ips(net_);
}

Result<core::Ipv6> Ipv6Pool::take(const Random& random) {
    const auto free = [&](const core::Ipv6& address) {
        return !is_edge(net_, address) && used_.insert(address).second;
    };
    for (int i = 0; i < probes; ++i)
        if (const auto address = random_host(net_, random); free(address)) return address;
    // More numbers than peers: one of them is free, unless the network is smaller than that.
    const auto peers = used_.size();
    for (std::uint64_t host = 1; host <= peers + 1; ++host) {
        const auto address = host_address(net_, host);
        if (!net_.contains(address) || is_edge(net_, address)) break;
        if (free(address)) return address;
    }
    return out_of_ips(net_);
}

Result<core::Ipv4> allocate_ipv4(const AccountState& account, const Random& random) {
    Ipv4Pool pool(account.network.net);
    for (const auto& [id, peer] : account.peers) pool.keep(peer->ip);
    return pool.take(random);
}

Result<core::Ipv6> allocate_ipv6(const AccountState& account, const Random& random) {
    Ipv6Pool pool(*account.network.net_v6);
    for (const auto& [id, peer] : account.peers)
        if (peer->ipv6) pool.keep(*peer->ipv6);
    return pool.take(random);
}

}  // namespace rookery::management
