// Who may log in to a peer over SSH by policy (network-map §5.6).
#pragma once

#include <map>
#include <set>

#include "actors/management/compiled_account.hpp"
#include "proto/management.pb.h"

namespace rookery::management {

// A rule for the SSH protocol has `peer` in one of its destination groups; as a Login is answered.
bool ssh_enabled_by_policy(const AccountState& account, const Peer& peer);

// Whether a rule lets users of the account in where the peer's own SSH switch is on.
bool opens_legacy_ssh(const PolicyRule& rule);

class SshAccess {
public:
    SshAccess(const CompiledAccount& account, const Peer& peer) : account_(account), peer_(peer) {}

    // A rule with the peer among its destinations, in the order of the policies.
    void add(const PolicyRule& rule);

    bool enabled() const { return enabled_; }
    ::management::SSHAuth message() const;

private:
    void add_users_of(const Id& group, const std::vector<std::string>& local_users);

    const CompiledAccount& account_;
    const Peer& peer_;
    bool enabled_ = false;
    std::map<std::string, std::set<UserId>> users_;  // by local user; "*": any
};

}  // namespace rookery::management
