// Finds the actor of an account or starts it. Node scope; as many children as accounts are in use here.
// A child that crashes is started again by the next message for its account.
#pragma once

#include <map>

#include "actors/management/protocol.hpp"

namespace rookery::management {

class AccountsActor : public core::Actor<AccountsHandle> {
public:
    AccountsActor(caf::actor_config& config, core::ActorContext context, core::Ref<StorageHandle> storage, Rules rules,
                  std::shared_ptr<Counters> counters);

    behavior_type make_behavior() override;
    void on_exit() override;

private:
    std::vector<std::pair<std::string, std::string>> details() const override;
    AccountHandle account(const AccountId& id);

    const core::Ref<StorageHandle> storage_;
    const Rules rules_;
    const std::shared_ptr<Counters> counters_;
    std::map<AccountId, AccountHandle> running_;
    std::uint64_t crashed_ = 0;
};

}  // namespace rookery::management
