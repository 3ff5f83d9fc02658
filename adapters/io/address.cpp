#include "adapters/io/address.hpp"

#include <fmt/format.h>

namespace rookery::adapters::io {

namespace ip = boost::asio::ip;

ip::address unmapped(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

std::string address_text(const ip::address& address) {
    const auto shown = unmapped(address);
    return shown.is_v6() ? fmt::format("[{}]", shown.to_string()) : shown.to_string();
}

std::string address_text(const ip::address& address, std::uint16_t port) {
    return fmt::format("{}:{}", address_text(address), port);
}

std::string remote_text(const ip::tcp::socket& socket) {
    boost::system::error_code ec;
    const auto remote = socket.remote_endpoint(ec);
    return ec ? "unknown" : address_text(remote.address(), remote.port());
}

}  // namespace rookery::adapters::io
