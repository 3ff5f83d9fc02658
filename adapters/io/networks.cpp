#include "adapters/io/networks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "adapters/io/address.hpp"

namespace rookery::adapters::io {

namespace ip = boost::asio::ip;

core::Result<Networks> Networks::parse(const std::vector<std::string>& entries) {
    Networks n;
    for (const auto& entry : entries) {
        const bool has_length = entry.find('/') != std::string::npos;
        boost::system::error_code error;
        if (const auto v4 = ip::make_network_v4(has_length ? entry : entry + "/32", error); !error) {
            n.v4_.push_back(v4);
        } else if (const auto v6 = ip::make_network_v6(has_length ? entry : entry + "/128", error); !error) {
            n.v6_.push_back(v6);
        } else {
            return core::fail(core::ErrorKind::invalid_argument,
                              fmt::format("\"{}\" is neither an address nor a CIDR", entry));
        }
    }
    return n;
}

bool Networks::contain(const ip::address& address) const {
    const auto plain = unmapped(address);
    if (plain.is_v4())
        return std::any_of(v4_.begin(), v4_.end(), [&](const auto& net) {
            return ip::make_network_v4(plain.to_v4(), net.prefix_length()).canonical() == net.canonical();
        });
    return std::any_of(v6_.begin(), v6_.end(), [&](const auto& net) {
        return ip::make_network_v6(plain.to_v6(), net.prefix_length()).canonical() == net.canonical();
    });
}

}  // namespace rookery::adapters::io
