// The account that the targets of Management start every input from: one owner with a token, a group, a setup key and
// a peer, all with names that a corpus can know.
#pragma once

#include <optional>
#include <string>

#include "actors/core/ip.hpp"
#include "actors/management/network_map.hpp"
#include "actors/management/secrets.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/adapters/rest/memory_api.hpp"

namespace rookery::fuzz {

namespace rest_test = adapters::rest::test;

inline constexpr auto setup_key = "A2C8E62B-38F5-4553-B31E-DD66C696CEBB";
inline constexpr auto private_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

struct Account {
    adapters::crypto::SodiumCrypto crypto;
    rest_test::MemoryApi api{crypto};
    std::string token;  // of the owner
    management::Snapshot fresh;

    // `peer_key`: the public key of the peer that is there.
    explicit Account(const std::string& peer_key) {
        management::NewAccount account;
        account.id = "account";
        account.owner = "owner";
        account.owner_name = "Olga";
        account.owner_email = "olga@example.com";
        account.network_id = "network";
        account.all_group_id = "all";
        account.default_policy_id = "policy";
        account.net = *core::parse_prefix4("100.90.0.0/16");
        account.net_v6 = *core::parse_prefix6("fd12:3456:789a:1::/64");
        api.create_account(account, {});

        token = management::new_access_token(crypto).reveal();
        management::CreateAccessToken access;
        access.id = "token";
        access.user = "owner";
        access.name = "fuzz";
        access.hash = management::hash_access_token(token, crypto);
        access.expires_in_days = 365;
        run(access);

        management::CreateSetupKey key;
        key.id = "key";
        key.hash = management::hash_setup_key(setup_key, crypto);
        key.masked = management::mask_setup_key(setup_key);
        key.name = "servers";
        key.type = "reusable";
        key.allow_extra_dns_labels = true;
        run(key);

        management::RegisterPeer peer;
        peer.id = "peer";
        peer.key = peer_key;
        peer.setup_key_hash = key.hash;
        peer.meta.hostname = "one";
        peer.meta.go_os = "linux";
        peer.meta.agent_version = "0.77.1";
        run(peer);
        fresh = api.state;
    }

    void reset() { api.state = fresh; }

    // After whatever was done to it: every peer's map can be computed and sent.
    void check_maps() const {
        const auto view = management::compile(api.state, {}, nullptr);
        for (const auto& [id, peer] : view->peers_by_id) {
            ::management::SyncResponse message;
            expect(message.ParseFromString(management::sync_response(*view, *peer, api.now).bytes),
                   "a map can be sent");
        }
    }

private:
    void run(management::Command command) {
        api.execute(api.state->id, {std::move(command), {}},
                    core::Reply<management::Committed>([](core::Result<management::Committed> done) {
                        if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
                        expect(done.has_value(), "the account can be furnished");
                    }));
    }
};

}  // namespace rookery::fuzz
