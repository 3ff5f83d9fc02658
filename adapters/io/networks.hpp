// Address ranges an operator trusts. An IPv4-mapped address is the IPv4 address it carries.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "actors/core/error.hpp"

namespace rookery::adapters::io {

class Networks {
public:
    // Contains nothing.
    Networks() = default;
    // CIDRs or addresses; anything else is invalid_argument and names the entry.
    static core::Result<Networks> parse(const std::vector<std::string>& entries);

    bool empty() const { return v4_.empty() && v6_.empty(); }
    bool contain(const boost::asio::ip::address& address) const;

private:
    std::vector<boost::asio::ip::network_v4> v4_;
    std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace rookery::adapters::io
