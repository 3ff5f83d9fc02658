#include "actors/management/compiled_policy.hpp"

#include <algorithm>

#include "proto/management.pb.h"

namespace rookery::management {
namespace {

namespace wire = ::management;

constexpr int ssh_port = 22, netbird_ssh_port = 22022;

wire::RuleProtocol protocol_of(const std::string& protocol) {
    if (protocol == "tcp" || protocol == "netbird-ssh") return wire::TCP;
    if (protocol == "udp") return wire::UDP;
    if (protocol == "icmp") return wire::ICMP;
    return wire::ALL;
}

wire::RuleAction action_of(const PolicyRule& rule) {
    return rule.action == "drop" ? wire::DROP : wire::ACCEPT;
}

bool names_peer(const std::optional<ResourceRef>& resource) {
    return resource && resource->type == "peer" && !resource->id.empty();
}

std::optional<Slot> approved_peer(const CompiledAccount& account, const ResourceRef& resource) {
    const auto* peer = account.find(resource.id);
    if (!peer || !account.approved.contains(peer->slot)) return std::nullopt;
    return peer->slot;
}

PeerSet only(const std::optional<Slot>& peer) {
    PeerSet out;
    if (peer) out.insert(*peer);
    return out;
}

// A port as text, or a range; neither: any port.
struct Ports {
    std::string port;
    std::optional<PortRange> range;

    bool covers(int number) const {
        return range ? range->start <= number && number <= range->end : port == std::to_string(number);
    }
};

std::vector<Ports> ports_of(const PolicyRule& rule, bool knows_ranges, bool with_ssh_port) {
    if (rule.ports.empty() && rule.port_ranges.empty()) return {Ports{}};
    std::vector<Ports> out;
    for (const auto& port : rule.ports) out.push_back({port, {}});
    if (rule.ports.empty())
        for (const auto& range : rule.port_ranges) {
            if (knows_ranges)
                out.push_back({{}, range});
            else if (range.start == range.end)
                out.push_back({std::to_string(range.start), {}});
        }
    const auto covered = [&](int number) {
        return std::any_of(out.begin(), out.end(), [&](const Ports& p) { return p.covers(number); });
    };
    if (with_ssh_port && covered(ssh_port) && !covered(netbird_ssh_port))
        out.push_back({std::to_string(netbird_ssh_port), {}});
    return out;
}

std::string rule_tail(const PolicyRule& rule, const Ports& ports) {
    wire::FirewallRule out;
    out.set_action(action_of(rule));
    out.set_protocol(protocol_of(rule.protocol));
    out.set_port(ports.port);
    if (ports.port.empty() && (out.protocol() == wire::TCP || out.protocol() == wire::UDP)) {
        auto* range = out.mutable_portinfo()->mutable_range();  // zero: any port
        if (ports.range) range->set_start(static_cast<std::uint32_t>(ports.range->start));
        if (ports.range) range->set_end(static_cast<std::uint32_t>(ports.range->end));
    }
    out.set_policyid(rule.id);
    return out.SerializeAsString();
}

std::string route_tail(const Policy& policy, const PolicyRule& rule, const Ports& ports) {
    wire::RouteFirewallRule out;
    out.set_action(action_of(rule));
    out.set_protocol(protocol_of(rule.protocol));
    auto* info = out.mutable_portinfo();
    if (!ports.port.empty()) info->set_port(static_cast<std::uint32_t>(std::atoi(ports.port.c_str())));
    if (ports.range && ports.range->start && ports.range->end) {
        info->mutable_range()->set_start(static_cast<std::uint32_t>(ports.range->start));
        info->mutable_range()->set_end(static_cast<std::uint32_t>(ports.range->end));
    }
    out.set_policyid(policy.id);
    return out.SerializeAsString();
}

std::string key_of(const PolicyRule& rule) {
    auto key = rule.id + '\n' + std::to_string(protocol_of(rule.protocol)) + '\n' + rule.action + '\n';
    for (const auto& port : rule.ports) key += port + ',';
    return key;
}

void encode(CompiledRule& out, const Policy& policy, const PolicyRule& rule) {
    out.key = key_of(rule);
    for (const bool knows_ranges : {false, true})
        for (const bool with_ssh_port : {false, true})
            for (const auto& ports : ports_of(rule, knows_ranges, with_ssh_port))
                out.tails[knows_ranges][with_ssh_port].push_back(rule_tail(rule, ports));
    for (const auto& ports : ports_of(rule, true, false)) {
        auto tail = route_tail(policy, rule, ports);
        if (!std::count(out.route_tails.begin(), out.route_tails.end(), tail))
            out.route_tails.push_back(std::move(tail));
    }
}

}  // namespace

PolicyPtr compile_policy(const CompiledAccount& account, std::shared_ptr<const Policy> policy) {
    auto out = std::make_shared<CompiledPolicy>();
    out->policy = policy;
    if (!policy->enabled) return out;

    PeerSet excluded;
    for (const auto& id : policy->source_posture_checks)
        if (const auto* check = account.checks.find(id)) excluded |= check->failing;
    const auto fit = [&](const PeerSet& peers) { return (peers & account.approved) - excluded; };

    std::vector<Id> all_sources;
    for (std::size_t i = 0; i < policy->rules.size(); ++i) {
        const auto& rule = policy->rules[i];
        for (const auto& id : rule.sources)
            if (!std::count(all_sources.begin(), all_sources.end(), id)) all_sources.push_back(id);
        if (names_peer(rule.source_resource)) out->named |= only(approved_peer(account, *rule.source_resource));
        if (!rule.enabled) continue;

        auto& compiled = out->rules.emplace_back();
        compiled.index = i;
        if (names_peer(rule.source_resource)) {
            const auto peer = approved_peer(account, *rule.source_resource);
            compiled.sources = only(peer);  // whatever the checks say (Q10)
            if (peer && !excluded.contains(*peer)) compiled.source_peer = peer;
        } else {
            compiled.sources = fit(account.members(rule.sources));
            compiled.source_groups = fit(account.any_member(rule.sources));
        }
        compiled.destinations = names_peer(rule.destination_resource)
                                    ? only(approved_peer(account, *rule.destination_resource))
                                    : account.members(rule.destinations) & account.approved;
        out->checked |= account.any_member(rule.sources);
        encode(compiled, *policy, rule);
    }
    out->named |= account.any_member(all_sources);
    const auto& first = policy->rules.front();
    out->clients = fit(names_peer(first.source_resource) ? only(approved_peer(account, *first.source_resource))
                                                         : account.members(all_sources));
    return out;
}

}  // namespace rookery::management
