// What maps cost without a network: an account as in the reference's own benchmarks (spec network-map §14) is prepared,
// changed, and its peers' maps are computed. One thread, no server; prints one line of JSON, times in microseconds.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

#include "actors/management/change_set.hpp"
#include "actors/management/network_map.hpp"

using namespace rookery::management;
using Json = nlohmann::json;
namespace core = rookery::core;

namespace {

constexpr WallTime now{std::chrono::seconds(1'800'000'000)};

struct Shape {
    std::size_t peers = 5000, groups = 200;
    bool everybody = true;  // a policy from All to All
};

template <class T>
Change put(T value) {
    return Put<T>{std::make_shared<const T>(std::move(value))};
}

Id number(const char* prefix, std::size_t n) {
    char text[32];
    std::snprintf(text, sizeof text, "%s%06zu", prefix, n);
    return text;
}

Peer make_peer(std::size_t n) {
    Peer peer;
    peer.id = number("peer", n);
    peer.key = peer.id + "01234567890123456789012345678901=";
    peer.ip = core::Ipv4{(100u << 24 | 64u << 16) + static_cast<std::uint32_t>(n) + 1};
    peer.name = peer.dns_label = peer.id;
    peer.ssh_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA" + peer.id;
    peer.last_login = now;
    peer.meta.go_os = "linux";
    peer.meta.kernel_version = "6.8.0";
    peer.meta.agent_version = n % 2 ? "0.61.0" : "0.77.1";
    peer.meta.capabilities = {1};
    return peer;
}

Policy make_policy(const Id& id, const Id& from, const Id& to, const char* protocol, std::vector<std::string> ports) {
    Policy policy;
    policy.id = id;
    auto& rule = policy.rules.emplace_back();
    rule.id = id;
    rule.sources = {from};
    rule.destinations = {to};
    rule.protocol = protocol;
    rule.ports = std::move(ports);
    return policy;
}

AccountState make_state(const Shape& shape) {
    std::vector<Change> changes;
    std::set<PeerId> all;
    std::vector<Group> groups(shape.groups);
    for (std::size_t g = 0; g < shape.groups; ++g) groups[g].id = groups[g].name = number("group", g);
    for (std::size_t n = 0; n < shape.peers; ++n) {
        auto peer = make_peer(n);
        all.insert(peer.id);
        groups[n * shape.groups / shape.peers].peers.insert(peer.id);
        changes.push_back(put(std::move(peer)));
    }
    Group everybody;
    everybody.id = "all";
    everybody.name = "All";
    everybody.peers = std::move(all);
    changes.push_back(put(std::move(everybody)));
    PostureCheck check;
    check.id = check.name = "check";
    check.agent_version = PostureCheck::Version{"0.60.0"};
    changes.push_back(put(std::move(check)));
    if (shape.everybody) changes.push_back(put(make_policy("policy-all", "all", "all", "all", {})));
    for (std::size_t g = 0; g < shape.groups; ++g) {
        changes.push_back(put(
            make_policy(number("policy", g), groups[g].id, number("group", (g + 1) % shape.groups), "tcp", {"8080"})));
        if (g < 20) {
            Route route;
            route.id = route.net_id = number("route", g);
            route.network = "10." + std::to_string(g) + ".0.0/16";
            route.peer_groups = {groups[g].id};
            route.groups = {"all"};
            route.access_control_groups = {groups[g].id};
            changes.push_back(put(std::move(route)));
        }
        if (g >= 50 || g * 2 > shape.groups) continue;
        changes.push_back(put(Network{number("network", g), "net", ""}));
        NetworkResource resource;
        resource.id = resource.name = number("resource", g);
        resource.network = number("network", g);
        resource.type = ResourceType::subnet;
        resource.address = "172.16." + std::to_string(g) + ".0/24";
        NetworkRouter router;
        router.id = number("router", g);
        router.network = resource.network;
        router.peer = *groups[g].peers.begin();
        changes.push_back(put(std::move(router)));
        auto policy = make_policy(number("access", g), groups[g].id, "none", "tcp", {"443"});
        policy.rules[0].destinations.clear();
        policy.rules[0].destination_resource = ResourceRef{resource.id, "subnet"};
        policy.source_posture_checks = {"check"};
        changes.push_back(put(std::move(policy)));
        changes.push_back(put(std::move(resource)));
    }
    for (auto& group : groups) changes.push_back(put(std::move(group)));
    AccountState state;
    state.network.net = *core::parse_prefix4("100.64.0.0/15");
    for (const auto& change : changes) apply_change(state, change);
    return state;
}

double cpu_us() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

// The smallest of several runs: what else the machine does only adds.
template <class Work>
double best(int runs, Work work) {
    double out = 1e18;
    for (int i = 0; i < runs; ++i) {
        const auto begin = cpu_us();
        work();
        out = std::min(out, cpu_us() - begin);
    }
    return out;
}

// What a change costs until it is known who has to hear of it.
Json cost_of_change(const View& view, const std::vector<Change>& changes) {
    std::size_t told = 0;
    const auto us = best(7, [&] {
        auto next = *view->state;
        ++next.serial;
        for (const auto& change : changes) apply_change(next, change);
        const auto after = compile(std::make_shared<const AccountState>(std::move(next)), view->rules, view);
        told = affected_peers(*view, *after).size();
    });
    return {{"us", us}, {"told", told}};
}

Json measure(const Shape& shape) {
    const auto state = std::make_shared<const AccountState>(make_state(shape));
    View view;
    Json out = {{"peers", shape.peers}, {"groups", shape.groups}, {"everybody", shape.everybody}};
    out["prepare_us"] = best(3, [&] { view = compile(state, Rules{}, nullptr); });
    const auto& peer = *view->find(number("peer", shape.peers / 2));
    EncodedMap map;
    out["map_us"] = best(15, [&] { map = sync_response(*view, peer, now); });
    out["map_objects"] = map.objects;
    out["map_bytes"] = map.bytes.size();

    const auto newcomer = make_peer(shape.peers);
    out["register"] = cost_of_change(
        view, {put(newcomer), Members{"all", {newcomer.id}, {}}, Members{number("group", 0), {newcomer.id}, {}}});
    auto renamed = *peer.peer;
    renamed.dns_label = "renamed";
    out["rename"] = cost_of_change(view, {put(renamed)});
    auto policy = make_policy("between-two", "none", "none", "tcp", {"22"});
    policy.rules[0].sources.clear();
    policy.rules[0].destinations.clear();
    policy.rules[0].source_resource = ResourceRef{number("peer", 1), "peer"};
    policy.rules[0].destination_resource = ResourceRef{number("peer", 2), "peer"};
    out["policy_of_two"] = cost_of_change(view, {put(policy)});
    out["policy_of_a_group"] =
        cost_of_change(view, {put(make_policy("new", number("group", 1), number("group", 2), "udp", {"53"}))});
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    Shape shape;
    if (argc > 4) {
        std::fprintf(stderr, "usage: %s [PEERS [GROUPS [all|groups]]]\n", argv[0]);
        return 2;
    }
    if (argc > 1) shape.peers = std::strtoul(argv[1], nullptr, 10);
    if (argc > 2) shape.groups = std::strtoul(argv[2], nullptr, 10);
    if (argc > 3) shape.everybody = std::string(argv[3]) == "all";
    if (shape.peers == 0 || shape.groups < 3 || shape.groups > shape.peers) {
        std::fprintf(stderr, "at least three groups, and no more than peers\n");
        return 2;
    }
    std::printf("%s\n", measure(shape).dump().c_str());
}
