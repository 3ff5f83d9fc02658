#include "adapters/rest/absent_features.hpp"
#include "adapters/rest/access_tokens.hpp"
#include "adapters/rest/accounts.hpp"
#include "adapters/rest/dns.hpp"
#include "adapters/rest/endpoint.hpp"
#include "adapters/rest/groups.hpp"
#include "adapters/rest/instance.hpp"
#include "adapters/rest/networks.hpp"
#include "adapters/rest/openapi.hpp"
#include "adapters/rest/peers.hpp"
#include "adapters/rest/policies.hpp"
#include "adapters/rest/routes.hpp"
#include "adapters/rest/setup_keys.hpp"
#include "adapters/rest/users.hpp"

namespace rookery::adapters::rest {

namespace {

using enum Operation;
using enum Access;

constexpr PublicEndpoint public_table[] = {
    {"GET", "/api/instance", get_instance},
    {"POST", "/api/setup", set_up_instance},
    {"GET", "/api/openapi.json", get_openapi},
};

constexpr Endpoint table[] = {
    {"GET", "/api/instance/version", "", read, get_version, any_user},

    {"GET", "/api/accounts", "accounts", read, list_accounts},
    {"PUT", "/api/accounts/{accountId}", "settings", update, update_account},

    {"GET", "/api/users/current", "", read, get_current_user, any_user},
    {"GET", "/api/users/invites", "users", read, list_nothing},
    {"POST", "/api/users/invites", "users", create, without_embedded_idp},
    {"DELETE", "/api/users/invites/{inviteId}", "users", remove, without_embedded_idp},
    {"POST", "/api/users/invites/{inviteId}/regenerate", "users", update, without_embedded_idp},
    {"GET", "/api/users", "users", read, list_users, own},
    {"POST", "/api/users", "users", create, create_user},
    {"PUT", "/api/users/{userId}", "users", create, update_user},
    {"DELETE", "/api/users/{userId}", "users", remove, delete_user},
    {"POST", "/api/users/{userId}/invite", "users", create, invite_user},
    {"POST", "/api/users/{userId}/approve", "users", update, approve_user},
    {"DELETE", "/api/users/{userId}/reject", "users", remove, reject_user},
    {"PUT", "/api/users/{userId}/password", "", update, without_embedded_idp, any_user},
    {"GET", "/api/users/{userId}/tokens", "pats", read, list_tokens},
    {"POST", "/api/users/{userId}/tokens", "pats", create, create_token},
    {"GET", "/api/users/{userId}/tokens/{tokenId}", "pats", read, get_token},
    {"DELETE", "/api/users/{userId}/tokens/{tokenId}", "pats", remove, delete_token},

    {"GET", "/api/peers", "peers", read, list_peers, own},
    {"GET", "/api/peers/{peerId}", "peers", read, get_peer, own},
    {"PUT", "/api/peers/{peerId}", "peers", update, update_peer},
    {"DELETE", "/api/peers/{peerId}", "peers", remove, delete_peer},
    {"GET", "/api/peers/{peerId}/accessible-peers", "peers", read, list_accessible_peers, own},
    {"GET", "/api/peers/{peerId}/jobs", "remote_jobs", read, list_jobs},
    {"GET", "/api/peers/{peerId}/jobs/{jobId}", "remote_jobs", read, get_job},

    {"GET", "/api/setup-keys", "setup_keys", read, list_setup_keys},
    {"POST", "/api/setup-keys", "setup_keys", create, create_setup_key},
    {"GET", "/api/setup-keys/{keyId}", "setup_keys", read, get_setup_key},
    {"PUT", "/api/setup-keys/{keyId}", "setup_keys", update, update_setup_key},
    {"DELETE", "/api/setup-keys/{keyId}", "setup_keys", remove, delete_setup_key},

    {"GET", "/api/groups", "groups", read, list_groups, plain_errors},
    {"POST", "/api/groups", "groups", create, Resource<Groups>::create},
    {"GET", "/api/groups/{groupId}", "groups", read, Resource<Groups>::get, plain_errors},
    {"PUT", "/api/groups/{groupId}", "groups", update, Resource<Groups>::update, plain_errors},
    {"DELETE", "/api/groups/{groupId}", "groups", remove, delete_group},

    {"GET", "/api/policies", "policies", read, Resource<Policies>::list},
    {"POST", "/api/policies", "policies", create, Resource<Policies>::create},
    {"GET", "/api/policies/{policyId}", "policies", read, Resource<Policies>::get},
    {"PUT", "/api/policies/{policyId}", "policies", update, Resource<Policies>::update},
    {"DELETE", "/api/policies/{policyId}", "policies", remove, Resource<Policies>::remove},

    {"GET", "/api/posture-checks", "policies", read, Resource<PostureChecks>::list},
    {"POST", "/api/posture-checks", "policies", create, Resource<PostureChecks>::create},
    {"GET", "/api/posture-checks/{postureCheckId}", "policies", read, Resource<PostureChecks>::get},
    {"PUT", "/api/posture-checks/{postureCheckId}", "policies", update, Resource<PostureChecks>::update},
    {"DELETE", "/api/posture-checks/{postureCheckId}", "policies", remove, Resource<PostureChecks>::remove},

    {"GET", "/api/locations/countries", "", read, list_countries, any_user},
    {"GET", "/api/locations/countries/{country}/cities", "", read, list_cities, any_user},

    {"GET", "/api/routes", "routes", read, Resource<Routes>::list},
    {"POST", "/api/routes", "routes", create, Resource<Routes>::create},
    {"GET", "/api/routes/{routeId}", "routes", read, Resource<Routes>::get},
    {"PUT", "/api/routes/{routeId}", "routes", update, Resource<Routes>::update},
    {"DELETE", "/api/routes/{routeId}", "routes", remove, Resource<Routes>::remove},

    {"GET", "/api/networks/resources", "networks", read, Resource<NetworkResources>::list},
    {"GET", "/api/networks/routers", "networks", read, Resource<NetworkRouters>::list},
    {"GET", "/api/networks", "networks", read, Resource<Networks>::list},
    {"POST", "/api/networks", "networks", create, Resource<Networks>::create},
    {"GET", "/api/networks/{networkId}", "networks", read, Resource<Networks>::get},
    {"PUT", "/api/networks/{networkId}", "networks", update, Resource<Networks>::update},
    {"DELETE", "/api/networks/{networkId}", "networks", remove, Resource<Networks>::remove},
    {"GET", "/api/networks/{networkId}/resources", "networks", read, Resource<NetworkResources>::list},
    {"POST", "/api/networks/{networkId}/resources", "networks", create, Resource<NetworkResources>::create},
    {"GET", "/api/networks/{networkId}/resources/{resourceId}", "networks", read, Resource<NetworkResources>::get},
    {"PUT", "/api/networks/{networkId}/resources/{resourceId}", "networks", update, Resource<NetworkResources>::update},
    {"DELETE", "/api/networks/{networkId}/resources/{resourceId}", "networks", remove,
     Resource<NetworkResources>::remove},
    {"GET", "/api/networks/{networkId}/routers", "networks", read, Resource<NetworkRouters>::list},
    {"POST", "/api/networks/{networkId}/routers", "networks", create, Resource<NetworkRouters>::create},
    {"GET", "/api/networks/{networkId}/routers/{routerId}", "networks", read, Resource<NetworkRouters>::get},
    {"PUT", "/api/networks/{networkId}/routers/{routerId}", "networks", update, Resource<NetworkRouters>::update},
    {"DELETE", "/api/networks/{networkId}/routers/{routerId}", "networks", remove, Resource<NetworkRouters>::remove},

    {"GET", "/api/dns/nameservers", "nameservers", read, Resource<NameServerGroups>::list},
    {"POST", "/api/dns/nameservers", "nameservers", create, Resource<NameServerGroups>::create},
    {"GET", "/api/dns/nameservers/{nsgroupId}", "nameservers", read, Resource<NameServerGroups>::get},
    {"PUT", "/api/dns/nameservers/{nsgroupId}", "nameservers", update, Resource<NameServerGroups>::update},
    {"DELETE", "/api/dns/nameservers/{nsgroupId}", "nameservers", remove, Resource<NameServerGroups>::remove},
    {"GET", "/api/dns/settings", "dns", read, get_dns_settings},
    {"PUT", "/api/dns/settings", "dns", update, update_dns_settings},
    {"GET", "/api/dns/zones", "dns", read, Resource<Zones>::list},
    {"POST", "/api/dns/zones", "dns", create, Resource<Zones>::create},
    {"GET", "/api/dns/zones/{zoneId}", "dns", read, Resource<Zones>::get},
    {"PUT", "/api/dns/zones/{zoneId}", "dns", update, Resource<Zones>::update},
    {"DELETE", "/api/dns/zones/{zoneId}", "dns", remove, Resource<Zones>::remove},
    {"GET", "/api/dns/zones/{zoneId}/records", "dns", read, list_zone_records},
    {"POST", "/api/dns/zones/{zoneId}/records", "dns", create, create_zone_record},
    {"GET", "/api/dns/zones/{zoneId}/records/{recordId}", "dns", read, get_zone_record},
    {"PUT", "/api/dns/zones/{zoneId}/records/{recordId}", "dns", update, update_zone_record},
    {"DELETE", "/api/dns/zones/{zoneId}/records/{recordId}", "dns", remove, delete_zone_record},

    {"GET", "/api/events/proxy", "services", read, page_of_nothing},
    {"GET", "/api/events/network-traffic", "events", read, page_of_nothing},
    // Dashboards ask this one whether the pages of licensed features can be shown.
    {"GET", "/api/integrations/event-streaming", "", read, list_nothing, any_user},

    {"GET", "/api/identity-providers", "identity_providers", read, list_nothing},
    {"POST", "/api/identity-providers", "identity_providers", create, without_embedded_idp},
    {"GET", "/api/identity-providers/{idpId}", "identity_providers", read, without_embedded_idp},
    {"PUT", "/api/identity-providers/{idpId}", "identity_providers", update, without_embedded_idp},
    {"DELETE", "/api/identity-providers/{idpId}", "identity_providers", remove, without_embedded_idp},

    {"GET", "/api/reverse-proxies/services", "services", read, list_nothing},
    {"GET", "/api/reverse-proxies/clusters", "services", read, list_nothing},
    {"GET", "/api/reverse-proxies/domains", "services", read, list_nothing},
    {"GET", "/api/reverse-proxies/proxy-tokens", "services", read, list_nothing},

    {"GET", "/api/agent-network/catalog/providers", "", read, list_nothing, any_user},
    {"GET", "/api/agent-network/providers", "agent_network.providers", read, list_nothing},
    {"GET", "/api/agent-network/policies", "agent_network.policies", read, list_nothing},
    {"GET", "/api/agent-network/guardrails", "agent_network.guardrails", read, list_nothing},
    {"GET", "/api/agent-network/budget-rules", "agent_network.budgets", read, list_nothing},
    {"GET", "/api/agent-network/consumption", "agent_network.usage", read, list_nothing},
    {"GET", "/api/agent-network/access-logs", "agent_network.logs", read, page_of_nothing},
    {"GET", "/api/agent-network/access-log-sessions", "agent_network.logs", read, page_of_nothing},
};

}  // namespace

std::span<const Endpoint> endpoints() {
    return table;
}

std::span<const PublicEndpoint> public_endpoints() {
    return public_table;
}

}  // namespace rookery::adapters::rest
