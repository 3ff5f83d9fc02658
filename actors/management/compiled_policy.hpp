// Policies as sets of peers and encoded rules; see CompiledAccount.
#pragma once

#include "actors/management/compiled_account.hpp"

namespace rookery::management {

// `account`: with peers, groups and checks of the state that the policy is from.
PolicyPtr compile_policy(const CompiledAccount& account, std::shared_ptr<const Policy> policy);

}  // namespace rookery::management
