// Addresses as they stand in logs and as services see them: "1.2.3.4:567", "[::1]:567". An IPv4 client of a
// dual-stack socket is shown as IPv4.
#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace rookery::adapters::io {

boost::asio::ip::address unmapped(const boost::asio::ip::address& address);
std::string address_text(const boost::asio::ip::address& address, std::uint16_t port);
// Without a port: "1.2.3.4", "[::1]".
std::string address_text(const boost::asio::ip::address& address);
// The TCP peer; "unknown" when it is gone already.
std::string remote_text(const boost::asio::ip::tcp::socket& socket);

}  // namespace rookery::adapters::io
