// What the actors and the edges of one node share: where actors are found, what is counted, the tables of the byte
// paths. Made before either, outlives both. Node scope.
#pragma once

#include <memory>

#include "actors/core/mailboxes.hpp"
#include "actors/management/counters.hpp"
#include "actors/management/infrastructure.hpp"
#include "actors/management/local_api.hpp"
#include "actors/relay/counters.hpp"
#include "actors/relay/ports.hpp"
#include "actors/signal/counters.hpp"
#include "adapters/crypto/crypto.hpp"
#include "runtime/lifecycle.hpp"
#include "runtime/tree.hpp"

namespace rookery::runtime {

struct State {
    Lifecycle lifecycle;
    std::shared_ptr<adapters::crypto::SodiumCrypto> crypto = std::make_shared<adapters::crypto::SodiumCrypto>();
    TreeRefs refs;
    std::shared_ptr<core::Mailboxes> mailboxes = std::make_shared<core::Mailboxes>();
    std::shared_ptr<signal::Counters> signal_counters = std::make_shared<signal::Counters>();
    std::shared_ptr<relay::Routes> relay_routes = std::make_shared<relay::Routes>();
    std::shared_ptr<relay::RelayCounters> relay_counters = std::make_shared<relay::RelayCounters>();

    std::shared_ptr<management::Counters> management_counters = std::make_shared<management::Counters>();

    // With the Management role only.
    management::Rules rules;
    std::shared_ptr<const management::Infrastructure> infrastructure;
    std::shared_ptr<management::LocalApi> api;
};

}  // namespace rookery::runtime
