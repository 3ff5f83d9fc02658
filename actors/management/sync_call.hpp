// A Sync call from its request to its open stream (management-grpc §C.4).
#pragma once

#include "actors/management/agent_service.hpp"

namespace rookery::management {

core::rpc::StreamOpener sync_opener(std::shared_ptr<const AgentWiring> wiring);

// Error of a command or look-up -> what agents get (management-grpc §C.0). Logs what is hidden behind INTERNAL.
core::rpc::Status to_status(const core::Error& error);

}  // namespace rookery::management
