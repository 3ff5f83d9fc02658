#include "runtime/certificate.hpp"

#include "actors/core/log.hpp"
#include "config/endpoint.hpp"

namespace rookery::runtime {
namespace {

namespace log = core::log;

// The host of "https://host:port/path" or "rels://host"; empty: there is none.
std::string host_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    url.remove_prefix(scheme + 3);
    const auto parts = config::split_host_port(url.substr(0, url.find('/')));
    return parts ? parts->host : std::string();
}

void check_host(const adapters::tls::Certificate& certificate, const std::string& url) {
    const auto host = host_of(url);
    if (host.empty() || certificate.covers(host)) return;
    log::warn("TLS certificate is not for {}, which agents are told to use ({})", host, url);
}

}  // namespace

bool NodeCertificate::valid(core::WallTime now) const {
    using adapters::tls::Validity;
    if (!credentials) return false;
    const auto validity = credentials->current()->validity_at(now);
    return validity == Validity::valid || validity == Validity::ends_soon;
}

core::Result<NodeCertificate> open_certificate(const config::Config& configuration) {
    NodeCertificate out;
    if (!configuration.tls.enabled()) return out;
    auto opened = adapters::tls::Credentials::open(configuration.tls);
    if (!opened) return tl::unexpected(opened.error());
    const auto certificate = (*opened)->current();
    log::info("TLS certificate: {}", certificate->to_string());
    if (configuration.management) check_host(*certificate, configuration.management->exposed_url);
    if (configuration.relay && !configuration.management) check_host(*certificate, configuration.relay->exposed_url);
    (*opened)->check(core::wall_now());  // says whether it ends soon
    out.credentials = std::move(*opened);
    out.watch = std::make_unique<adapters::tls::Watch>(out.credentials);
    return out;
}

}  // namespace rookery::runtime
