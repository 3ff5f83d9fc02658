// grpc.health.v1.Health as RPC methods: what a balancer or an orchestrator asks a gRPC port. About this node alone.
// Node scope; thread-safe.
// Bound: `max_watches` open Watch calls; one more gets RESOURCE_EXHAUSTED.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/core/rpc.hpp"

namespace rookery::core {

class HealthService {
public:
    static constexpr std::size_t max_watches = 1'000;

    // `services` are known beside "" (the server as a whole); all have one status, at first NOT_SERVING.
    explicit HealthService(std::vector<std::string> services);

    rpc::Methods methods() const;

    // Watchers hear of a change; one that is behind hears of the newest only.
    void set_serving(bool serving);
    // Ends every watch with UNAVAILABLE, later ones at once.
    void end_watches();

private:
    struct Shared;
    class Watch;
    std::shared_ptr<Shared> shared_;
};

}  // namespace rookery::core
