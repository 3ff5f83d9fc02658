// The one actor that calls the store. Detached: it has a thread of its own, since the store blocks. Node scope.
// Bound: callers bound what they have under way (an account one transaction, a stream one look-up).
#pragma once

#include <memory>

#include "actors/core/crypto.hpp"
#include "actors/management/protocol.hpp"

namespace rookery::management {

class StorageActor : public core::Actor<StorageHandle> {
public:
    StorageActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<Store> store,
                 const core::Crypto* crypto, Rules rules, std::shared_ptr<Counters> counters);

    behavior_type make_behavior() override;

private:
    Result<ChangeSet> decide_request(const AccountState& state, const Request& request) const;

    void touch(const TouchToken& request);
    template <class T>
    Result<T> counted(Result<T> result);

    const std::shared_ptr<Store> store_;
    const core::Crypto& crypto_;
    const Rules rules_;
    const std::shared_ptr<Counters> counters_;
    std::map<Id, WallTime> touched_;  // one entry per token in use
};

}  // namespace rookery::management
