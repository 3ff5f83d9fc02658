// The one actor that calls the store. Detached: it has a thread of its own, since the store blocks. Node scope.
// A failure of the store's own (disk full, I/O) is reported once; from then on it is checked every second until it
// works again.
// Bound: callers bound what they have under way (an account one transaction, a stream one look-up).
#pragma once

#include <memory>

#include "actors/core/crypto.hpp"
#include "actors/management/protocol.hpp"

namespace rookery::management {

class StorageActor : public core::Actor<StorageHandle> {
public:
    StorageActor(caf::actor_config& config, core::ActorContext context, std::shared_ptr<Store> store,
                 const core::Crypto* crypto, Rules rules, std::shared_ptr<Counters> counters, StoreReport report);

    behavior_type make_behavior() override;

private:
    Result<ChangeSet> decide_request(const AccountState& state, const Request& request) const;

    // Answers, and notes a store that does not work.
    template <class T>
    void answer(const Reply<T>& reply, Result<T> result);
    void note_failure(const core::Error& error);
    void touch(const TouchToken& request);
    template <class T>
    Result<T> counted(Result<T> result);
    void check();

    const std::shared_ptr<Store> store_;
    const core::Crypto& crypto_;
    const Rules rules_;
    const std::shared_ptr<Counters> counters_;
    const StoreReport report_;
    bool working_ = true;
    std::map<Id, WallTime> touched_;  // one entry per token in use
};

}  // namespace rookery::management
