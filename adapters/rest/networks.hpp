// Networks with their resources and routers (rest-api §6.12).
#pragma once

#include "adapters/rest/resource.hpp"

namespace rookery::adapters::rest {

struct Networks : Defaults {
    using Entity = management::Network;
    static core::Error missing(const std::string& id) { return not_found("network", id); }
    static Json encode(const management::AccountState& account, const management::Network& network);
    static management::CreateNetwork create(Body& body, const Call& call, const std::string& id);
    static management::UpdateNetwork update(Body& body, const Call& call, const std::string& id);
    static management::DeleteNetwork remove(const Call&, const std::string& id) { return {id}; }
};

// Below /networks/{networkId}; the lists of all of them have no such part.
struct InNetwork : Defaults {
    template <class Entity>
    static bool belongs(const Call& call, const Entity& entity) {
        return call.request->path_values.empty() || entity.network == call.path_value();
    }
};

struct NetworkResources : InNetwork {
    using Entity = management::NetworkResource;
    static core::Error missing(const std::string& id) {
        return not_found("failed to get network resource: network resource", id);
    }
    static Json encode(const management::AccountState& account, const management::NetworkResource& resource);
    static management::CreateNetworkResource create(Body& body, const Call& call, const std::string& id);
    static management::UpdateNetworkResource update(Body& body, const Call& call, const std::string& id);
    static management::DeleteNetworkResource remove(const Call& call, const std::string& id) {
        return {id, call.path_value()};
    }
};

struct NetworkRouters : InNetwork {
    using Entity = management::NetworkRouter;
    static core::Error missing(const std::string& id) {
        return not_found("failed to get network router: network router", id);
    }
    static Json encode(const management::AccountState& account, const management::NetworkRouter& router);
    static management::CreateNetworkRouter create(Body& body, const Call& call, const std::string& id);
    static management::UpdateNetworkRouter update(Body& body, const Call& call, const std::string& id);
    static management::DeleteNetworkRouter remove(const Call& call, const std::string& id) {
        return {id, call.path_value()};
    }
};

}  // namespace rookery::adapters::rest
