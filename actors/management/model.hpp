// The account as Management knows it: plain immutable values, no behaviour. Scope of everything here: the
// account, so the same on every replica. Source: spec network-map §2. Entities are in model/, one file per aggregate.
#pragma once

#include "actors/management/model/collection.hpp"
#include "actors/management/model/dns.hpp"
#include "actors/management/model/ids.hpp"
#include "actors/management/model/network.hpp"
#include "actors/management/model/peer.hpp"
#include "actors/management/model/policy.hpp"
#include "actors/management/model/settings.hpp"
#include "actors/management/model/setup_key.hpp"
#include "actors/management/model/user.hpp"

namespace rookery::management {

// One consistent state of an account. Immutable once shared; replaced, never changed.
struct AccountState {
    AccountId id;
    UserId created_by;
    WallTime created_at{};
    std::string domain = "netbird.selfhosted";
    std::string domain_category = "private";
    OverlayNetwork network;
    Settings settings;
    DnsSettings dns_settings;
    Onboarding onboarding;
    std::uint64_t serial = 0;  // +1 with every map-affecting commit
    CommitId commit{};         // of the change that made this state

    Collection<User> users;
    Collection<AccessToken> tokens;
    Collection<SetupKey> setup_keys;
    Collection<Peer> peers;
    Collection<PeerStatus> statuses;  // by peer id
    Collection<Group> groups;
    Collection<Policy> policies;
    Collection<PostureCheck> posture_checks;
    Collection<Route> routes;
    Collection<Network> networks;
    Collection<NetworkResource> network_resources;
    Collection<NetworkRouter> network_routers;
    Collection<NameServerGroup> name_server_groups;
    Collection<Zone> zones;

    friend bool operator==(const AccountState&, const AccountState&) = default;
};

using Snapshot = std::shared_ptr<const AccountState>;

// Where an account keeps entities of a kind, by id.
template <class T>
inline constexpr Collection<T> AccountState::*collection_of = nullptr;
template <>
inline constexpr auto collection_of<User> = &AccountState::users;
template <>
inline constexpr auto collection_of<AccessToken> = &AccountState::tokens;
template <>
inline constexpr auto collection_of<SetupKey> = &AccountState::setup_keys;
template <>
inline constexpr auto collection_of<Peer> = &AccountState::peers;
template <>
inline constexpr auto collection_of<Group> = &AccountState::groups;
template <>
inline constexpr auto collection_of<Policy> = &AccountState::policies;
template <>
inline constexpr auto collection_of<PostureCheck> = &AccountState::posture_checks;
template <>
inline constexpr auto collection_of<Route> = &AccountState::routes;
template <>
inline constexpr auto collection_of<Network> = &AccountState::networks;
template <>
inline constexpr auto collection_of<NetworkResource> = &AccountState::network_resources;
template <>
inline constexpr auto collection_of<NetworkRouter> = &AccountState::network_routers;
template <>
inline constexpr auto collection_of<NameServerGroup> = &AccountState::name_server_groups;
template <>
inline constexpr auto collection_of<Zone> = &AccountState::zones;

// Values of which an account has one.
template <class T>
inline constexpr T AccountState::*value_of = nullptr;
template <>
inline constexpr auto value_of<OverlayNetwork> = &AccountState::network;
template <>
inline constexpr auto value_of<Settings> = &AccountState::settings;
template <>
inline constexpr auto value_of<DnsSettings> = &AccountState::dns_settings;
template <>
inline constexpr auto value_of<Onboarding> = &AccountState::onboarding;

}  // namespace rookery::management
