// rest-api §6.8; the order of the checks is part of the interface.
#include <algorithm>
#include <charconv>

#include "actors/management/audit.hpp"
#include "actors/management/draft.hpp"

namespace rookery::management {
namespace {

using core::Done;
using core::ErrorKind;
using core::fail;

tl::unexpected<core::Error> invalid(std::string text) {
    return fail(ErrorKind::invalid_argument, std::move(text));
}

bool is_port(int port) {
    return port >= 1 && port <= 65535;
}

bool is_port(const std::string& text) {
    int port = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    return error == std::errc() && rest == end && is_port(port);
}

Result<Done> check_sides(const PolicyRuleFields& rule) {
    if (rule.sources && rule.source_resource) return invalid("specify either sources or  source resources, not both");
    if (rule.destinations && rule.destination_resource)
        return invalid("specify either destinations or  destination resources, not both");
    if ((!rule.sources && !rule.source_resource) || (!rule.destinations && !rule.destination_resource))
        return invalid("specify either sources or source resources and destinations or destination resources");
    return Done{};
}

Result<Done> check_traffic(const PolicyRuleFields& rule) {
    if (rule.action != "accept" && rule.action != "drop") return invalid("unknown action type");
    constexpr const char* protocols[] = {"all", "tcp", "udp", "icmp", "netbird-ssh"};
    if (std::none_of(std::begin(protocols), std::end(protocols), [&](const char* p) { return rule.protocol == p; }))
        return invalid("unknown protocol type: " + rule.protocol);
    if (!rule.ports.empty() && !rule.port_ranges.empty())
        return invalid("specify either individual ports or port ranges, not both");
    if (!std::all_of(rule.ports.begin(), rule.ports.end(), [](const std::string& p) { return is_port(p); }) ||
        !std::all_of(rule.port_ranges.begin(), rule.port_ranges.end(),
                     [](const PortRange& r) { return is_port(r.start) && is_port(r.end); }))
        return invalid("valid port value is in 1..65535 range");
    if (rule.protocol == "netbird-ssh" && !rule.authorized_groups.empty() && rule.sources &&
        !std::all_of(rule.sources->begin(), rule.sources->end(),
                     [&](const Id& id) { return rule.authorized_groups.contains(id); }))
        return invalid("authorized group for netbird-ssh protocol should be specified for each source group");
    if ((rule.protocol == "all" || rule.protocol == "icmp") && (!rule.ports.empty() || !rule.port_ranges.empty()))
        return invalid("for all or icmp protocol ports is not allowed");
    return Done{};
}

Result<Done> check(const PolicyFields& fields) {
    if (fields.name.empty()) return invalid("policy name shouldn't be empty");
    if (fields.rules.empty()) return invalid("policy rules shouldn't be empty");
    for (const auto& rule : fields.rules) {
        if (auto done = check_sides(rule); !done) return done;
        if (auto done = check_traffic(rule); !done) return done;
    }
    return Done{};
}

template <class T>
std::vector<Id> known(const std::vector<Id>& ids, const Collection<T>& in) {
    std::vector<Id> out;
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(out), [&](const Id& id) { return in.find(id); });
    return out;
}

PolicyRule make_rule(const AccountState& account, const PolicyRuleFields& fields, Id id) {
    PolicyRule rule;
    rule.id = std::move(id);
    rule.name = fields.name;
    rule.description = fields.description;
    rule.enabled = fields.enabled;
    rule.bidirectional = fields.bidirectional;
    rule.action = fields.action;
    rule.protocol = fields.protocol;
    if (fields.sources) rule.sources = known(*fields.sources, account.groups);
    if (fields.destinations) rule.destinations = known(*fields.destinations, account.groups);
    rule.source_resource = fields.source_resource;
    rule.destination_resource = fields.destination_resource;
    rule.ports = fields.ports;
    rule.port_ranges = fields.port_ranges;
    rule.authorized_groups = fields.authorized_groups;
    rule.authorized_user = fields.authorized_user;
    return rule;
}

// `stored`: nullptr for a new policy, whose rules get ids whatever the request says.
Result<Policy> make_policy(const AccountState& account, const Id& id, const PolicyFields& fields,
                           const Policy* stored) {
    if (auto done = check(fields); !done) return tl::unexpected(done.error());
    Policy policy;
    policy.id = id;
    policy.name = fields.name;
    policy.description = fields.description;
    policy.enabled = fields.enabled;
    policy.source_posture_checks = known(fields.source_posture_checks, account.posture_checks);
    for (const auto& rule : fields.rules) {
        auto rule_id = policy.rules.empty() ? id : rule.fresh_id;
        if (stored && rule.id && !rule.id->empty()) {
            rule_id = *rule.id;
            if (std::none_of(stored->rules.begin(), stored->rules.end(),
                             [&](const auto& r) { return r.id == rule_id; }))
                return invalid("invalid rule id: " + rule_id);
        }
        if (std::any_of(policy.rules.begin(), policy.rules.end(), [&](const auto& r) { return r.id == rule_id; }))
            return invalid("invalid rule id: " + rule_id);
        policy.rules.push_back(make_rule(account, rule, std::move(rule_id)));
    }
    return policy;
}

template <class T>
void sort(
    std::vector<T>& list, bool (*less)(const T&, const T&) = [](const T& a, const T& b) { return a < b; }) {
    std::sort(list.begin(), list.end(), less);
}

// Lists are compared as sets: a policy that is saved with another order of them is the same.
Policy in_order(Policy policy) {
    sort(policy.source_posture_checks);
    for (auto& rule : policy.rules) {
        sort(rule.sources);
        sort(rule.destinations);
        sort(rule.ports);
        sort<PortRange>(rule.port_ranges, [](const PortRange& a, const PortRange& b) {
            return std::pair(a.start, a.end) < std::pair(b.start, b.end);
        });
        for (auto& [group, users] : rule.authorized_groups) sort(users);
    }
    sort<PolicyRule>(policy.rules, [](const PolicyRule& a, const PolicyRule& b) { return a.id < b.id; });
    return policy;
}

tl::unexpected<core::Error> unknown(const Id& id) {
    return fail(ErrorKind::not_found, "policy: " + id + " not found");
}

}  // namespace

Result<Decision> decide_on(const Case& c, const CreatePolicy& command) {
    auto policy = make_policy(c.account, command.id, command.fields, nullptr);
    if (!policy) return tl::unexpected(policy.error());
    Draft draft(c);
    draft.event(activity::policy_created, command.id, {{"name", policy->name}});
    draft.put(std::move(*policy));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const UpdatePolicy& command) {
    if (command.id.empty()) return invalid("invalid policy id");
    const auto* before = c.account.policies.find(command.id);
    if (!before) return unknown(command.id);
    auto policy = make_policy(c.account, command.id, command.fields, before);
    if (!policy) return tl::unexpected(policy.error());
    if (in_order(*policy) == in_order(*before)) return Decision{};
    Draft draft(c);
    draft.event(activity::policy_updated, command.id, {{"name", policy->name}});
    draft.put(std::move(*policy));
    return std::move(draft).take(true);
}

Result<Decision> decide_on(const Case& c, const DeletePolicy& command) {
    const auto* policy = c.account.policies.find(command.id);
    if (!policy) return unknown(command.id);
    Draft draft(c);
    draft.event(activity::policy_deleted, command.id, {{"name", policy->name}});
    draft.remove<Policy>(command.id);
    return std::move(draft).take(true);
}

}  // namespace rookery::management
