// Random commands and changes for property tests; everything follows from the seed. The account stays small, so that
// its parts meet often.
#pragma once

#include <cstdlib>

#include "account_fixture.hpp"

namespace rookery::management::testing {

// ROOKERY_SEED repeats a failed run.
inline std::uint64_t seed_of_run() {
    if (const char* text = std::getenv("ROOKERY_SEED")) return std::strtoull(text, nullptr, 10);
    return std::random_device{}();
}

class RandomCommands {
public:
    // Ids are numbered from `first_id` on.
    explicit RandomCommands(std::uint64_t seed, std::uint64_t first_id = 1) : engine_(seed), next_id_(first_id) {}

    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

    // Most are accepted, some are refused.
    Command next(const AccountState& account) {
        if (account.setup_keys.size() == 0) return new_setup_key(account);
        if (account.setup_keys.size() > 8) return DeleteSetupKey{any(account.setup_keys)};
        if (account.peers.size() > 20) return DeletePeer{any(account.peers)};
        switch (below(12)) {
            case 0: return new_setup_key(account);
            case 1: return UpdateSetupKey{any(account.setup_keys), below(2) == 0, some_groups(account)};
            case 2:
                if (account.setup_keys.size() > 1) return DeleteSetupKey{any(account.setup_keys)};
                return new_setup_key(account);
            case 3: return CreateAccessToken{new_id("t"), any(account.users), "token", new_id("token-hash"), 30};
            case 4:
            case 5:
            case 6: return new_peer(account);
            default: return of_peer(account);
        }
    }

    // What no command does yet: groups, policies, users.
    std::vector<Change> change(const AccountState& account) {
        if (account.policies.size() > 8) return {Remove<Policy>{any(account.policies)}};
        switch (below(6)) {
            case 0: {
                Group group{below(2) || account.groups.size() > 6 ? any(account.groups) : new_id("g"), new_id("name"),
                            "api", some_peers(account)};
                if (const auto* old = account.groups.find(group.id)) group.name = old->name;
                if (group.name == "All") return {};
                return {put(std::move(group))};
            }
            case 1: {
                const auto* group = account.groups.find(any(account.groups));
                Members members{group->id, {}, {}};
                for (const auto& id : some_peers(account))
                    (group->peers.contains(id) ? members.removed : members.added).push_back(id);
                return {members};
            }
            case 2:
                if (account.policies.size() > 2) return {Remove<Policy>{any(account.policies)}};
                return {put(policy(account, new_id("pol")))};
            case 3: return {put(policy(account, account.policies.size() ? any(account.policies) : new_id("pol")))};
            case 4: {
                User user;
                user.id = below(2) || account.users.size() > 4 ? any(account.users) : new_id("u");
                if (const auto* old = account.users.find(user.id)) user = *old;
                user.name = new_id("Name ");
                user.blocked = below(2) == 0;
                return {put(std::move(user))};
            }
            default: return {put(policy(account, new_id("pol")))};
        }
    }

private:
    template <class T>
    Id any(const Collection<T>& collection) {
        auto it = collection.begin();
        std::advance(it, below(collection.size()));
        return it->first;
    }
    template <class T>
    static Change put(T value) {
        return Put<T>{std::make_shared<const T>(std::move(value))};
    }
    Id new_id(const std::string& prefix) { return prefix + std::to_string(next_id_++); }

    std::set<PeerId> some_peers(const AccountState& account) {
        std::set<PeerId> out;
        for (const auto& [id, peer] : account.peers)
            if (below(3) == 0) out.insert(id);
        return out;
    }
    std::vector<Id> some_groups(const AccountState& account) {
        std::vector<Id> out;
        for (const auto& [id, group] : account.groups)
            if (group->name != "All" && below(3) == 0) out.push_back(id);
        return out;
    }

    Policy policy(const AccountState& account, const Id& id) {
        Policy policy;
        policy.id = policy.name = id;
        policy.enabled = below(4) != 0;
        for (auto rules = 1 + below(2); rules > 0; --rules) {
            auto& rule = policy.rules.emplace_back();
            rule.id = id;
            rule.enabled = below(5) != 0;
            rule.bidirectional = below(2) == 0;
            rule.action = below(4) == 0 ? "drop" : "accept";
            rule.protocol = std::array{"all", "tcp", "udp", "icmp", "netbird-ssh"}[below(5)];
            rule.sources = below(4) == 0 ? std::vector<Id>{"g-all"} : some_groups(account);
            rule.destinations = below(4) == 0 ? std::vector<Id>{"g-all"} : some_groups(account);
            if (below(8) == 0) rule.destinations.push_back("g-unknown");
        }
        return policy;
    }

    PeerMeta meta() {
        PeerMeta meta;
        meta.hostname = std::array{"web", "db", "Büro", "a b", "x.y"}[below(5)];
        meta.agent_version = std::array{"0.77.1", "0.60.0", "0.50.0", "development"}[below(40) == 0 ? 2 : below(2)];
        meta.kernel_version = std::to_string(below(3));
        if (below(2)) meta.capabilities.insert(1);
        if (below(2)) meta.capabilities.insert(2);
        meta.flags.disable_ipv6 = below(6) == 0;
        if (below(2)) meta.network_addresses.push_back({"10.0.0.1/24", "aa:bb"});
        return meta;
    }

    Command new_setup_key(const AccountState& account) {
        CreateSetupKey command;
        command.id = new_id("k");
        command.hash = "hash-" + command.id;
        command.masked = "MASK1****";
        command.name = "key";
        command.type = below(4) ? "reusable" : "one-off";
        command.auto_groups = some_groups(account);
        command.ephemeral = below(3) == 0;
        command.allow_extra_dns_labels = below(2) == 0;
        return command;
    }

    Command new_peer(const AccountState& account) {
        RegisterPeer command;
        command.id = new_id("p");
        command.key = "key-of-" + command.id;
        if (account.peers.size() && below(10) == 0) command.key = account.peers.begin()->second->key;
        command.setup_key_hash = account.setup_keys.find(any(account.setup_keys))->hash;
        command.ssh_key = below(2) ? "ssh\xFF key" : "";  // bytes, not text
        if (below(3) == 0) command.extra_dns_labels = {"label" + std::to_string(below(9))};
        command.meta = meta();
        return command;
    }

    Command of_peer(const AccountState& account) {
        if (account.peers.size() == 0) return new_peer(account);
        const auto& peer = *account.peers.find(any(account.peers));
        switch (below(5)) {
            case 0: return LoginPeer{peer.id, "ssh " + std::to_string(below(2)), {}};
            case 1: return UpdatePeerMeta{peer.id, meta(), below(4) == 0};
            case 2: return DeletePeer{peer.id};
            default: {
                auto command = update_of(peer);
                if (below(2)) command.name = std::array{"web", "db", "Büro", "neu"}[below(4)];
                if (below(3) == 0) command.ssh_enabled = !command.ssh_enabled;
                if (below(3) == 0) command.ip = "100.90.0." + std::to_string(below(256));
                if (below(3) == 0) command.ipv6 = "fd12:3456:789a:1::" + std::to_string(below(99));
                return command;
            }
        }
    }

    std::mt19937_64 engine_;
    std::uint64_t next_id_;
};

}  // namespace rookery::management::testing
