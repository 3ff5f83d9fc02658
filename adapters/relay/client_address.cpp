#include "adapters/relay/client_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "adapters/io/address.hpp"

namespace rookery::adapters::relay {

namespace ip = http::asio::ip;

namespace {

// IPv4-mapped addresses are IPv4.
std::optional<ip::address> parse_address(std::string_view text) {
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    return io::unmapped(address);
}

}  // namespace

TrustedProxies TrustedProxies::everybody() {
    TrustedProxies p;
    p.all_ = true;
    return p;
}

core::Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& entries) {
    TrustedProxies p;
    for (const auto& entry : entries) {
        const bool has_length = entry.find('/') != std::string::npos;
        boost::system::error_code error;
        if (const auto v4 = ip::make_network_v4(has_length ? entry : entry + "/32", error); !error) {
            p.v4_.push_back(v4);
        } else if (const auto v6 = ip::make_network_v6(has_length ? entry : entry + "/128", error); !error) {
            p.v6_.push_back(v6);
        } else {
            return core::fail(core::ErrorKind::invalid_argument,
                              fmt::format("trusted proxy \"{}\" is neither an address nor a CIDR", entry));
        }
    }
    return p;
}

bool TrustedProxies::trusts(std::string_view remote) const {
    if (all_) return true;
    auto host = remote.substr(0, remote.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = parse_address(host);
    if (!address) return false;
    if (address->is_v4())
        return std::any_of(v4_.begin(), v4_.end(), [&](const auto& net) {
            return ip::make_network_v4(address->to_v4(), net.prefix_length()).canonical() == net.canonical();
        });
    return std::any_of(v6_.begin(), v6_.end(), [&](const auto& net) {
        return ip::make_network_v6(address->to_v6(), net.prefix_length()).canonical() == net.canonical();
    });
}

std::optional<std::string> client_address(const http::Request& request, const TrustedProxies& proxies) {
    const auto real_ip = request.header("x-real-ip");
    const auto real_port = request.header("x-real-port");
    if (!real_ip || !real_port || !proxies.trusts(request.remote)) return request.remote;
    const auto address = parse_address(*real_ip);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(real_port->data(), real_port->data() + real_port->size(), port);
    if (!address || error != std::errc{} || end != real_port->data() + real_port->size()) return std::nullopt;
    return io::address_text(*address, port);
}

}  // namespace rookery::adapters::relay
