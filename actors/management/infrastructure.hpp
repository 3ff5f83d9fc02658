// What agents are told about everything but peers: Signal, Relay, STUN, with fresh relay tokens
// (management-grpc §G). Pure; the same on every replica.
#pragma once

#include <chrono>

#include "actors/core/clock.hpp"
#include "actors/core/crypto.hpp"
#include "actors/relay/token.hpp"
#include "config/config.hpp"
#include "proto/management.pb.h"

namespace rookery::management {

class Infrastructure {
public:
    Infrastructure(const config::Management& configuration, const core::Crypto& crypto);

    // Complete: a present netbirdConfig without relay makes agents forget their relays.
    ::management::NetbirdConfig all(core::WallTime now, bool metrics_push) const;
    // What is pushed before the tokens end.
    ::management::NetbirdConfig relay_refresh(core::WallTime now) const;
    // ¾ of the token's life; zero if there is nothing to refresh.
    std::chrono::seconds refresh_period() const;

private:
    void add_relay(::management::NetbirdConfig& config, core::WallTime now) const;

    const config::Management& configuration_;
    const relay::Tokens relay_tokens_;
};

}  // namespace rookery::management
