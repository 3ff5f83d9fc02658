#include "config/endpoint.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace rookery::config {

namespace {

// With or without a zone; whoever binds or connects finds out the rest.
bool may_be_ipv6(std::string_view host) {
    return host.find(':') != std::string_view::npos && host.find_first_of("[]") == std::string_view::npos;
}

}  // namespace

std::optional<HostPort> split_host_port(std::string_view text) {
    HostPort out;
    if (!text.empty() && text.front() == '[') {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        out.host = text.substr(1, close - 1);
        if (!may_be_ipv6(out.host)) return std::nullopt;
        text.remove_prefix(close + 1);
        if (text.empty()) return out;
        if (text.front() != ':') return std::nullopt;
        out.port = std::string(text.substr(1));
        return out;
    }
    if (std::count(text.begin(), text.end(), ':') > 1 || text.find_first_of("[]") != std::string_view::npos) {
        return std::nullopt;
    }
    const auto colon = text.find(':');
    out.host = text.substr(0, colon);
    if (colon != std::string_view::npos) out.port = std::string(text.substr(colon + 1));
    return out;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

std::string to_string(const Endpoint& endpoint) {
    return fmt::format("{}:{}", bracketed(endpoint.host), endpoint.port);
}

Parsed<Endpoint> parse_endpoint(std::string_view text) {
    const auto parts = split_host_port(text);
    const auto port = parts && parts->port ? parse_port(*parts->port) : std::nullopt;
    const bool blank_inside = text.find_first_of(" \t/") != std::string_view::npos;
    if (!port || blank_inside) {
        return wrong(fmt::format("\"{}\" is not an address such as :443, 0.0.0.0:443 or [::1]:443", text));
    }
    return Endpoint{parts->host, *port};
}

}  // namespace rookery::config
