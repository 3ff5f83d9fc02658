#include "actors/management/infrastructure.hpp"

#include <string>

namespace rookery::management {
namespace {

using Protocol = ::management::HostConfig::Protocol;

Protocol protocol_of(const std::string& text) {
    if (text == "tcp") return ::management::HostConfig::TCP;
    if (text == "http") return ::management::HostConfig::HTTP;
    if (text == "https") return ::management::HostConfig::HTTPS;
    if (text == "dtls") return ::management::HostConfig::DTLS;
    return ::management::HostConfig::UDP;
}

}  // namespace

Infrastructure::Infrastructure(const config::Management& configuration, const core::Crypto& crypto)
    : configuration_(configuration), relay_tokens_(crypto, configuration.relay_secret.reveal()) {}

::management::NetbirdConfig Infrastructure::all(core::WallTime now, bool metrics_push) const {
    ::management::NetbirdConfig config;
    for (const auto& stun : configuration_.stuns) {
        auto* entry = config.add_stuns();
        entry->set_uri(stun.uri);
        entry->set_protocol(protocol_of(stun.protocol));
    }
    auto* signal = config.mutable_signal();
    signal->set_uri(configuration_.signal_uri);
    signal->set_protocol(configuration_.signal_tls ? ::management::HostConfig::HTTPS : ::management::HostConfig::HTTP);
    add_relay(config, now);
    config.mutable_metrics()->set_enabled(metrics_push);
    return config;
}

::management::NetbirdConfig Infrastructure::relay_refresh(core::WallTime now) const {
    ::management::NetbirdConfig config;
    add_relay(config, now);
    return config;
}

std::chrono::seconds Infrastructure::refresh_period() const {
    return configuration_.relay_urls.empty() ? std::chrono::seconds(0) : configuration_.relay_token_ttl * 3 / 4;
}

void Infrastructure::add_relay(::management::NetbirdConfig& config, core::WallTime now) const {
    if (configuration_.relay_urls.empty()) return;
    auto* relay = config.mutable_relay();
    for (const auto& url : configuration_.relay_urls) relay->add_urls(url);
    const auto expiry =
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()) + configuration_.relay_token_ttl;
    const auto token = relay_tokens_.mint(expiry.count());
    relay->set_tokenpayload(token.payload);
    relay->set_tokensignature(token.signature);
}

}  // namespace rookery::management
