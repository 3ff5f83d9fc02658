// Random commands for property tests; everything follows from the seed. The account stays small, so that its parts
// meet often.
#pragma once

#include "account_fixture.hpp"
#include "actors/management/decisions.hpp"
#include "random_entities.hpp"

namespace rookery::management::testing {

class RandomCommands : public RandomEntities {
public:
    using RandomEntities::RandomEntities;

    // Most are accepted, some are refused.
    Command next(const AccountState& account) {
        if (account.setup_keys.size() == 0) return new_setup_key(account);
        if (account.setup_keys.size() > 8) return DeleteSetupKey{any(account.setup_keys)};
        if (account.peers.size() > 20) return DeletePeer{any(account.peers)};
        switch (below(20)) {
            case 0: return new_setup_key(account);
            case 1: return UpdateSetupKey{any(account.setup_keys), below(2) == 0, some_groups(account)};
            case 2:
                if (account.setup_keys.size() > 1) return DeleteSetupKey{any(account.setup_keys)};
                return new_setup_key(account);
            case 3:
            case 4: return new_peer(account);
            case 5:
            case 6:
            case 7: return of_peer(account);
            default: return about_entities(account);
        }
    }

    // What no command does: a peer of a user.
    std::vector<Change> change(const AccountState& account) {
        if (account.peers.empty()) return {};
        auto peer = *account.peers.find(any(account.peers));
        peer.user = once_in(4) ? "" : any(account.users);
        peer.login_expiration_enabled = once_in(2);
        peer.last_login = start - std::chrono::hours(below(100));
        return {put(std::move(peer))};
    }

private:
    PeerMeta meta() {
        PeerMeta meta;
        meta.hostname = std::array{"web", "db", "Büro", "a b", "x.y"}[below(5)];
        meta.agent_version = std::array{"0.77.1", "0.60.0", "0.50.0", "development"}[below(40) == 0 ? 2 : below(2)];
        meta.kernel_version = std::to_string(below(3));
        if (below(2)) meta.capabilities.insert(1);
        if (below(2)) meta.capabilities.insert(2);
        meta.flags.disable_ipv6 = below(6) == 0;
        if (below(2)) meta.network_addresses.push_back({once_in(2) ? "10.0.0.1/24" : "10.1.0.1/24", "aa:bb"});
        meta.go_os = one_of({"linux", "linux", "windows", "freebsd"});
        if (once_in(2)) meta.files.push_back({"/usr/bin/edr", true, once_in(2)});
        meta.flags.server_ssh_allowed = once_in(2);
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
};

}  // namespace rookery::management::testing
