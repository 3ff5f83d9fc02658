#include "adapters/io/client_address.hpp"

#include <algorithm>
#include <charconv>

#include "actors/core/ip.hpp"
#include "adapters/io/address.hpp"

namespace rookery::adapters::io {
namespace {

namespace ip = boost::asio::ip;

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<ip::address> parse_address(std::string_view text) {
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    return unmapped(address);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

struct Client {
    ip::address address;
    std::string text;  // as the answer has it
};

// An entry of X-Forwarded-For: an address, of IPv6 with or without brackets, and what some proxies add, a port.
std::optional<Client> parse_client(std::string_view entry) {
    entry = trim(entry);
    if (const auto bare = parse_address(entry)) return Client{*bare, address_text(*bare)};
    const auto host = core::host_of(entry);
    const auto address = parse_address(host);
    if (!address) return std::nullopt;
    const bool bracketed = entry.starts_with('[');
    auto rest = entry.substr(host.size() + (bracketed ? 1 : 0));
    if (bracketed) {
        if (!rest.starts_with(']')) return std::nullopt;
        rest.remove_prefix(1);
    }
    if (rest.empty()) return Client{*address, address_text(*address)};
    const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
    if (!port) return std::nullopt;
    return Client{*address, address_text(*address, *port)};
}

// All values of a field: a list may be spread over several lines.
std::vector<std::string_view> entries(const Fields& fields, std::string_view name) {
    std::vector<std::string_view> out;
    for (const auto& [key, value] : fields) {
        if (key != name) continue;
        for (std::string_view rest = value;;) {
            const auto comma = rest.find(',');
            out.push_back(rest.substr(0, comma));
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return out;
}

bool is_from(const Networks& networks, std::string_view remote) {
    const auto address = parse_address(core::host_of(remote));
    return address && networks.contain(*address);
}

}  // namespace

std::string client_address(std::string_view remote, const Fields& fields, const ProxyTrust& trust) {
    const std::string peer(remote);
    if (!is_from(trust.peers, remote)) return peer;

    const auto forwarded = entries(fields, "x-forwarded-for");
    const auto hops = std::max<std::size_t>(trust.hops, 1);
    if (forwarded.size() >= hops) {
        for (auto i = forwarded.size() - hops + 1; i-- > 0;) {
            auto client = parse_client(forwarded[i]);
            if (!client) return peer;
            if (!trust.proxies.contain(client->address)) return std::move(client->text);
        }
        return peer;
    }
    const auto real = entries(fields, "x-real-ip");
    if (real.empty()) return peer;
    auto client = parse_client(real.back());
    return client ? std::move(client->text) : peer;
}

std::optional<std::string> client_of_relay(std::string_view remote, const Fields& fields, const Networks& peers) {
    const auto find = [&](std::string_view name) {
        return std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.first == name; });
    };
    const auto real_ip = find("x-real-ip");
    const auto real_port = find("x-real-port");
    if (real_ip == fields.end() || real_port == fields.end() || !is_from(peers, remote)) return std::string(remote);
    const auto address = parse_address(real_ip->second);
    const auto port = parse_port(real_port->second);
    if (!address || !port) return std::nullopt;
    return address_text(*address, *port);
}

}  // namespace rookery::adapters::io
