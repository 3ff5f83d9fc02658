// Routes, network resources, name servers and zones of a CompiledAccount.
#pragma once

#include "actors/management/compiled_account.hpp"

namespace rookery::management {

class RouteCompiler {
public:
    // `out` has everything else already. `sets_changed`: peers, groups or policies are not those of `before`.
    RouteCompiler(const CompiledAccount& before, CompiledAccount& out, bool sets_changed)
        : before_(before), out_(out), sets_changed_(sets_changed) {}

    void compile();

private:
    using Policies = std::vector<PolicyPtr>;

    void routes();
    void resources();
    void name_servers();
    void zones();
    Policies access_policies(const Route& route) const;
    std::map<Id, Policies> policies_by_resource() const;
    std::map<Slot, std::shared_ptr<const NetworkRouter>> routers_of(const Id& network) const;
    template <class T, class Encode>
    void notices(const Collection<T>& old, const Collection<T>& now, Collection<CompiledNotice<T>>& out,
                 const std::vector<Id> T::*groups, Encode encode);

    const CompiledAccount& before_;
    CompiledAccount& out_;
    const bool sets_changed_;
};

// Fields of Route that follow from the destination, of which the IPv6 twin of a default route has others (§5.3).
std::string route_destination(const Destination& destination, const std::string& net_id, bool ipv6_twin);

}  // namespace rookery::management
