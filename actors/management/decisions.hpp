// The rules behind decide(), one function per command; see commands.hpp for what they refuse.
#pragma once

#include "actors/core/reply.hpp"
#include "actors/management/commands.hpp"

namespace rookery::management {

// What every rule may look at.
struct Case {
    const AccountState& account;
    const Initiator& initiator;
    WallTime now;
    const Random& random;
    const Rules& rules;
};

Result<Decision> decide_on(const Case& c, const RegisterPeer& command);
Result<Decision> decide_on(const Case& c, const LoginPeer& command);
Result<Decision> decide_on(const Case& c, const UpdatePeerMeta& command);
Result<Decision> decide_on(const Case& c, const UpdatePeer& command);
Result<Decision> decide_on(const Case& c, const DeletePeer& command);
Result<Decision> decide_on(const Case& c, const CreateSetupKey& command);
Result<Decision> decide_on(const Case& c, const UpdateSetupKey& command);
Result<Decision> decide_on(const Case& c, const DeleteSetupKey& command);
Result<Decision> decide_on(const Case& c, const CreateAccessToken& command);

template <class T>
Change put(T value) {
    return Put<T>{std::make_shared<const T>(std::move(value))};
}

// A label nobody else in the account has. Empty: both `plain` and its suffixed form are taken.
std::string free_dns_label(const AccountState& account, const Peer& peer, const std::string& plain);

}  // namespace rookery::management
