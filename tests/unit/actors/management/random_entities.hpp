// Random commands about everything but peers and setup keys. Most are accepted, some are refused.
#pragma once

#include "random_source.hpp"

namespace rookery::management::testing {

class RandomEntities : public RandomSource {
public:
    using RandomSource::RandomSource;

    Command about_entities(const AccountState& account) {
        switch (below(12)) {
            case 0:
            case 1: return about_groups(account);
            case 2:
            case 3: return about_policies(account);
            case 4: return about_posture_checks(account);
            case 5: return about_routes(account);
            case 6: return about_networks(account);
            case 7: return about_resources(account);
            case 8: return about_routers(account);
            case 9: return about_dns(account);
            case 10: return about_users(account);
            default: return settings(account);
        }
    }

private:
    static constexpr std::size_t many = 6;

    // Whether to create one, to change one or to delete one.
    template <class T, class Create, class Update, class Delete>
    Command keep_some(const Collection<T>& present, const std::string& prefix, Create create, Update update,
                      Delete remove) {
        if (present.size() > many || (!present.empty() && once_in(4))) return remove(any(present));
        if (present.empty() || once_in(2)) return create(new_id(prefix));
        return update(any(present));
    }

    Command about_groups(const AccountState& account) {
        const auto fields = [&](const Id& id) {
            GroupFields fields{"name of " + id, some_peers(account), {}};
            if (!account.network_resources.empty() && once_in(2))
                fields.resources.push_back({any(account.network_resources), "host"});
            return fields;
        };
        return keep_some(
            account.groups, "g",
            [&](Id id) {
                return CreateGroup{id, fields(id)};
            },
            [&](Id id) {
                return UpdateGroup{id, fields(id)};
            },
            [](Id id) { return DeleteGroup{id}; });
    }

    PolicyRuleFields rule(const AccountState& account) {
        PolicyRuleFields rule;
        rule.fresh_id = new_id("rule");
        rule.enabled = !once_in(5);
        rule.bidirectional = once_in(2);
        rule.action = once_in(4) ? "drop" : "accept";
        rule.protocol = one_of({"all", "tcp", "udp", "icmp", "netbird-ssh"});
        if (once_in(5) && !account.peers.empty())
            rule.source_resource = ResourceRef{any(account.peers), "peer"};
        else
            rule.sources = groups(account);
        if (once_in(5))
            rule.destination_resource = account.network_resources.empty() || once_in(2)
                                            ? ResourceRef{any(account.peers), "peer"}
                                            : ResourceRef{any(account.network_resources), "subnet"};
        else
            rule.destinations = groups(account);
        if (rule.protocol == "all" || rule.protocol == "icmp") return rule;
        if (once_in(2)) {
            rule.ports = {one_of({"22", "80", "443", "22022"})};
        } else if (once_in(2)) {
            const auto start = static_cast<int>(20 + below(10));
            rule.port_ranges = {{start, start + static_cast<int>(below(3))}};
        }
        if (rule.protocol == "netbird-ssh" && rule.sources && once_in(2))
            for (const auto& group : *rule.sources)
                rule.authorized_groups[group] =
                    once_in(2) ? std::vector<std::string>{"root"} : std::vector<std::string>{};
        return rule;
    }

    Command about_policies(const AccountState& account) {
        const auto fields = [&] {
            PolicyFields fields;
            fields.name = "policy";
            fields.enabled = !once_in(4);
            for (auto rules = 1 + below(2); rules > 0; --rules) fields.rules.push_back(rule(account));
            if (once_in(3) && !account.posture_checks.empty())
                fields.source_posture_checks = {any(account.posture_checks)};
            return fields;
        };
        return keep_some(
            account.policies, "pol",
            [&](Id id) {
                return CreatePolicy{id, fields()};
            },
            [&](Id id) {
                return UpdatePolicy{id, fields()};
            },
            [](Id id) { return DeletePolicy{id}; });
    }

    Command about_posture_checks(const AccountState& account) {
        const auto check = [&](const Id& id) {
            PostureCheck check;
            check.id = id;
            check.name = new_id("check");
            if (once_in(2)) check.agent_version = PostureCheck::Version{once_in(2) ? "0.55.0" : "0.20.0"};
            if (once_in(3)) check.os_version.emplace().linux_kernel = one_of({"0", "1", "2"});
            if (once_in(3)) check.network_range = {one_of({"allow", "deny"}), {"10.0.0.0/16"}};
            if (once_in(3)) check.processes = {{{"/usr/bin/edr", "", "C:\\edr.exe"}}};
            if (once_in(6)) check.location = {one_of({"allow", "deny"}), {{"DE", ""}}};
            return check;
        };
        return keep_some(
            account.posture_checks, "pc", [&](Id id) { return CreatePostureCheck{check(id)}; },
            [&](Id id) { return UpdatePostureCheck{check(id)}; }, [](Id id) { return DeletePostureCheck{id}; });
    }

    Command about_routes(const AccountState& account) {
        const auto fields = [&] {
            RouteFields fields;
            fields.net_id = one_of({"net-a", "net-b", "exit"});
            if (once_in(4))
                fields.domains = {{"intern.example.com"}};
            else
                fields.network = one_of({"10.1.0.0/16", "10.2.0.0/16", "0.0.0.0/0", "fd00:1::/64"});
            if (once_in(2))
                fields.peer = any(account.peers);
            else
                fields.peer_groups = groups(account);
            fields.groups = groups(account);
            if (once_in(2)) fields.access_control_groups = groups(account);
            fields.metric = static_cast<int>(1 + below(worst_metric));
            fields.masquerade = once_in(2);
            fields.keep_route = once_in(2);
            fields.enabled = !once_in(4);
            fields.skip_auto_apply = once_in(4);
            return fields;
        };
        return keep_some(
            account.routes, "rt",
            [&](Id id) {
                return CreateRoute{id, fields()};
            },
            [&](Id id) {
                return UpdateRoute{id, fields()};
            },
            [](Id id) { return DeleteRoute{id}; });
    }

    Command about_networks(const AccountState& account) {
        return keep_some(
            account.networks, "nw",
            [&](Id id) {
                return CreateNetwork{{id, "net", ""}};
            },
            [&](Id id) {
                return UpdateNetwork{{id, new_id("net"), ""}};
            },
            [](Id id) { return DeleteNetwork{id}; });
    }

    Id network_of(const NetworkResource* entity) { return entity ? entity->network : ""; }
    Id network_of(const NetworkRouter* entity) { return entity ? entity->network : ""; }

    Command about_resources(const AccountState& account) {
        const auto fields = [&](const Id& network) {
            return NetworkResourceFields{
                network,     new_id("resource"),
                "",          one_of({"10.9.1.0/24", "10.9.2.7", "db.example.com", "*.example.org", "fd00:9::1"}),
                !once_in(5), groups(account)};
        };
        const auto& resources = account.network_resources;
        return keep_some(
            resources, "res",
            [&](Id id) {
                return CreateNetworkResource{id, fields(any(account.networks))};
            },
            [&](Id id) {
                return UpdateNetworkResource{id, fields(network_of(resources.find(id)))};
            },
            [&](Id id) {
                return DeleteNetworkResource{id, network_of(resources.find(id))};
            });
    }

    Command about_routers(const AccountState& account) {
        const auto router = [&](const Id& id, const Id& network) {
            NetworkRouter router;
            router.id = id;
            router.network = network;
            if (once_in(2))
                router.peer = any(account.peers);
            else
                router.peer_groups = groups(account);
            router.masquerade = once_in(2);
            router.metric = static_cast<int>(1 + below(worst_metric));
            router.enabled = !once_in(4);
            return router;
        };
        const auto& routers = account.network_routers;
        return keep_some(
            routers, "nr", [&](Id id) { return CreateNetworkRouter{router(id, any(account.networks))}; },
            [&](Id id) { return UpdateNetworkRouter{router(id, network_of(routers.find(id)))}; },
            [&](Id id) {
                return DeleteNetworkRouter{id, network_of(routers.find(id))};
            });
    }

    Command about_dns(const AccountState& account) {
        switch (below(4)) {
            case 0: return UpdateDnsSettings{once_in(3) ? groups(account) : std::vector<Id>{}};
            case 1: return about_name_servers(account);
            case 2: return about_records(account);
            default: return about_zones(account);
        }
    }

    Command about_name_servers(const AccountState& account) {
        const auto group = [&](const Id& id) {
            NameServerGroup group;
            group.id = id;
            group.name = new_id("dns");
            group.servers = {{once_in(4) ? "100.90.0.1" : "9.9.9.9", "udp", 53}};
            group.groups = groups(account);
            group.primary = once_in(2);
            if (!group.primary) group.domains = {"example.com"};
            group.search_domains_enabled = !group.primary && once_in(2);
            group.enabled = !once_in(4);
            return group;
        };
        return keep_some(
            account.name_server_groups, "ns", [&](Id id) { return CreateNameServerGroup{group(id)}; },
            [&](Id id) { return UpdateNameServerGroup{group(id)}; }, [](Id id) { return DeleteNameServerGroup{id}; });
    }

    Command about_zones(const AccountState& account) {
        const auto fields = [&](const std::string& domain) {
            return ZoneFields{"zone", domain, !once_in(4), once_in(2), groups(account)};
        };
        return keep_some(
            account.zones, "zone",
            [&](Id id) {
                return CreateZone{id, fields(id + ".example")};
            },
            [&](Id id) {
                return UpdateZone{id, fields(account.zones.find(id)->domain)};
            },
            [](Id id) { return DeleteZone{id}; });
    }

    Command about_records(const AccountState& account) {
        const auto* zone = account.zones.find(any(account.zones));
        if (!zone) return about_zones(account);
        ZoneRecord record{new_id("rec"), one_of({"a.", "b.", ""}) + zone->domain, "A",
                          "10.0.0." + std::to_string(below(3)), static_cast<std::int64_t>(below(600))};
        if (once_in(4)) record = {record.id, record.name, "CNAME", "target.example.com", 0};
        if (zone->records.empty() || once_in(2)) return CreateZoneRecord{zone->id, record};
        const auto old = zone->records[below(zone->records.size())].id;
        if (once_in(2)) return DeleteZoneRecord{zone->id, old};
        record.id = old;
        return UpdateZoneRecord{zone->id, record};
    }

    Command about_users(const AccountState& account) {
        const auto user = any(account.users);
        switch (below(6)) {
            case 0: return DeleteUser{user};
            case 1: return CreateAccessToken{new_id("t"), user, "token", new_id("token-hash"), 30};
            case 2: {
                const auto* token = account.tokens.find(any(account.tokens));
                return token ? DeleteAccessToken{token->id, token->user} : DeleteAccessToken{"t0", user};
            }
            case 3: return UpdateUser{user, one_of({"user", "admin", "auditor"}), some_groups(account), once_in(2)};
            default: {
                const auto id = new_id("u");
                return CreateUser{id,
                                  id + "@example.com",
                                  "Name " + id,
                                  one_of({"user", "admin", "network_admin"}),
                                  some_groups(account),
                                  once_in(4),
                                  "hash"};
            }
        }
    }

    Command settings(const AccountState& account) {
        UpdateSettings command;
        command.settings = account.settings;
        auto& s = command.settings;
        switch (below(8)) {
            case 0: s.dns_domain = one_of({"", "corp.example", "other.example"}); break;
            case 1: s.ipv6_enabled_groups = once_in(3) ? std::vector<Id>{} : groups(account); break;
            case 2: s.lazy_connection_enabled = once_in(2); break;
            case 3: s.peer_login_expiration = 3'600 + static_cast<std::int64_t>(below(3)) * 86'400; break;
            case 4: s.peer_login_expiration_enabled = once_in(2); break;
            case 5: s.groups_propagation_enabled = once_in(2); break;
            case 6: s.auto_update_version = one_of({"latest", "disabled", "0.77.1"}); break;
            default: s.routing_peer_dns_resolution_enabled = once_in(2); break;
        }
        command.fresh_net_v6 = *core::parse_prefix6("fd77:7:7:7::/64");
        if (once_in(12)) command.network_range = one_of({"100.90.0.0/16", "100.91.0.0/16"});
        if (once_in(12)) command.network_range_v6 = one_of({"fd12:3456:789a:1::/64", "fd00:5::/64"});
        if (once_in(6)) {
            command.extra = account.settings.extra;
            command.extra->peer_approval_enabled = once_in(4);
        }
        return command;
    }
};

}  // namespace rookery::management::testing
