// The rules behind decide(), one function per command; see commands.hpp for what they refuse.
#pragma once

#include "actors/core/reply.hpp"
#include "actors/management/commands.hpp"

namespace rookery::management {

using core::Done;

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
Result<Decision> decide_on(const Case& c, const CreateGroup& command);
Result<Decision> decide_on(const Case& c, const UpdateGroup& command);
Result<Decision> decide_on(const Case& c, const DeleteGroup& command);
Result<Decision> decide_on(const Case& c, const CreatePolicy& command);
Result<Decision> decide_on(const Case& c, const UpdatePolicy& command);
Result<Decision> decide_on(const Case& c, const DeletePolicy& command);
Result<Decision> decide_on(const Case& c, const CreatePostureCheck& command);
Result<Decision> decide_on(const Case& c, const UpdatePostureCheck& command);
Result<Decision> decide_on(const Case& c, const DeletePostureCheck& command);
Result<Decision> decide_on(const Case& c, const CreateRoute& command);
Result<Decision> decide_on(const Case& c, const UpdateRoute& command);
Result<Decision> decide_on(const Case& c, const DeleteRoute& command);
Result<Decision> decide_on(const Case& c, const CreateNetwork& command);
Result<Decision> decide_on(const Case& c, const UpdateNetwork& command);
Result<Decision> decide_on(const Case& c, const DeleteNetwork& command);
Result<Decision> decide_on(const Case& c, const CreateNetworkResource& command);
Result<Decision> decide_on(const Case& c, const UpdateNetworkResource& command);
Result<Decision> decide_on(const Case& c, const DeleteNetworkResource& command);
Result<Decision> decide_on(const Case& c, const CreateNetworkRouter& command);
Result<Decision> decide_on(const Case& c, const UpdateNetworkRouter& command);
Result<Decision> decide_on(const Case& c, const DeleteNetworkRouter& command);
Result<Decision> decide_on(const Case& c, const CreateNameServerGroup& command);
Result<Decision> decide_on(const Case& c, const UpdateNameServerGroup& command);
Result<Decision> decide_on(const Case& c, const DeleteNameServerGroup& command);
Result<Decision> decide_on(const Case& c, const UpdateDnsSettings& command);
Result<Decision> decide_on(const Case& c, const CreateZone& command);
Result<Decision> decide_on(const Case& c, const UpdateZone& command);
Result<Decision> decide_on(const Case& c, const DeleteZone& command);
Result<Decision> decide_on(const Case& c, const CreateZoneRecord& command);
Result<Decision> decide_on(const Case& c, const UpdateZoneRecord& command);
Result<Decision> decide_on(const Case& c, const DeleteZoneRecord& command);
Result<Decision> decide_on(const Case& c, const UpdateSettings& command);
Result<Decision> decide_on(const Case& c, const CreateUser& command);
Result<Decision> decide_on(const Case& c, const UpdateUser& command);
Result<Decision> decide_on(const Case& c, const DeleteUser& command);
Result<Decision> decide_on(const Case& c, const ApproveUser& command);
Result<Decision> decide_on(const Case& c, const RejectUser& command);
Result<Decision> decide_on(const Case& c, const CreateAccessToken& command);
Result<Decision> decide_on(const Case& c, const DeleteAccessToken& command);

template <class T>
Change put(T value) {
    return Put<T>{std::make_shared<const T>(std::move(value))};
}

// A label nobody else in the account has. Empty: both `plain` and its suffixed form are taken.
std::string free_dns_label(const AccountState& account, const Peer& peer, const std::string& plain);

}  // namespace rookery::management
