// Overlay addresses of new peers (network-map §2.2, management-grpc §H.2, §H.3). Pure; `random` decides.
#pragma once

#include <set>
#include <unordered_set>

#include "actors/management/commands.hpp"

namespace rookery::management {

// Addresses of a network that are not in use, each given once. A random one; the lowest when guessing finds none.
// precondition_failed "network … is out of IPs".
class Ipv4Pool {
public:
    explicit Ipv4Pool(const core::Prefix4& net) : net_(net) {}
    void keep(core::Ipv4 address) { used_.insert(address.value); }
    Result<core::Ipv4> take(const Random& random);

private:
    const core::Prefix4 net_;
    std::unordered_set<std::uint32_t> used_;
};
class Ipv6Pool {
public:
    explicit Ipv6Pool(const core::Prefix6& net) : net_(net) {}
    void keep(const core::Ipv6& address) { used_.insert(address); }
    Result<core::Ipv6> take(const Random& random);

private:
    const core::Prefix6 net_;
    std::set<core::Ipv6> used_;
};

// A random free host address of the account's network; the lowest free one when guessing finds none.
// precondition_failed "network … is out of IPs".
Result<core::Ipv4> allocate_ipv4(const AccountState& account, const Random& random);

// The account must have an IPv6 network.
Result<core::Ipv6> allocate_ipv6(const AccountState& account, const Random& random);

}  // namespace rookery::management
