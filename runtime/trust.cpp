#include "runtime/trust.hpp"

namespace rookery::runtime {
namespace {

using adapters::io::Networks;
using adapters::io::ProxyTrust;

core::Result<ProxyTrust> trust(const std::vector<std::string>& peers, const config::Management& management) {
    const auto parsed = Networks::parse(peers);
    if (!parsed) return tl::unexpected(parsed.error());
    const auto proxies = Networks::parse(management.trusted_http_proxies);
    if (!proxies) return tl::unexpected(proxies.error());
    return ProxyTrust{*parsed, *proxies, management.trusted_http_proxies_count};
}

}  // namespace

core::Result<ProxyTrust> http_trust(const config::Config& configuration) {
    if (!configuration.management) return ProxyTrust{};
    const auto& management = *configuration.management;
    // A number of hops alone is the promise that all connections come through that many proxies.
    const bool everybody = management.trusted_http_proxies.empty() && management.trusted_http_proxies_count > 0;
    return trust(everybody ? std::vector<std::string>{"0.0.0.0/0", "::/0"} : management.trusted_http_proxies,
                 management);
}

core::Result<ProxyTrust> grpc_trust(const config::Config& configuration) {
    if (!configuration.management) return ProxyTrust{};
    return trust(configuration.management->trusted_peers, *configuration.management);
}

}  // namespace rookery::runtime
