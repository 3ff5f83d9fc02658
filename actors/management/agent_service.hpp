// management.ManagementService as RPC methods: what agents call (spec management-grpc §B, §C).
#pragma once

#include <memory>

#include "actors/core/rpc.hpp"
#include "actors/core/session_supervisor.hpp"
#include "actors/management/api.hpp"
#include "actors/management/protocol.hpp"

namespace rookery::management {

// What the service works with; outlives every call.
struct AgentWiring {
    std::shared_ptr<Api> api;
    std::shared_ptr<Envelope> envelope;
    std::shared_ptr<const core::Crypto> crypto;
    std::shared_ptr<const SyncShared> shared;
    core::Ref<core::SessionsHandle> sync_sessions;
    core::Ref<core::DirectoryHandle> directory;
    core::Ref<AccountsHandle> accounts;
    core::Ref<RenewalHandle> renewal;
    int max_concurrent_syncs = 1000;  // in their request phase; negative: no limit
};

core::rpc::Methods agent_methods(AgentWiring wiring);

}  // namespace rookery::management
