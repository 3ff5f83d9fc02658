// Who is online and who wants to know (spec signal-relay-stun §2.8, §2.12, §2.13; pool rules §2.22 RB-1..RB-9).
// Pure: calls in, events out. The events of a call are to be delivered in order, and those of one call before
// those of the next; then every session sees answers and events in the order in which they became true.
//
// Owns the sets of its own online peers, so a Subscribe answer can never disagree with the events around it.
// A peer is online through a session of this node or through a registration another node announced; of several,
// the newest registration number counts.
//
// Bounds: subscriptions per session and in total. Overflow rule: refuse (the ids still get their immediate
// answer, but no events); counted in refused_subscriptions().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/core/hlc.hpp"
#include "actors/relay/peer_id.hpp"

namespace rookery::relay {

// One authenticated connection; unique on its node, never reused.
using SessionId = std::uint64_t;

struct PresenceEvent {
    enum class Kind : std::uint8_t {
        displaced,  // a newer registration of this session's peer exists: close it, without a Close message
        online,     // send PeersOnline{ids}
        offline,    // send PeersWentOffline{ids}
    };
    Kind kind;
    SessionId session;
    std::vector<PeerId> ids;

    friend bool operator==(const PresenceEvent&, const PresenceEvent&) = default;
};
using PresenceEvents = std::vector<PresenceEvent>;

class Presence {
public:
    struct Limits {
        std::size_t per_session = 20'000;  // an agent subscribes to the peers of its network, one id each
        std::size_t total = 4'000'000;     // about 60 bytes each
    };

    explicit Presence(Limits limits) : limits_(limits) {}

    // A session of this node authenticated as `id` and is reachable from now on. With an older number than the
    // one known it is displaced itself.
    PresenceEvents add(SessionId session, const PeerId& id, core::RegistrationNumber number);
    // The session ended; unknown and displaced sessions are ignored.
    PresenceEvents remove(SessionId session);

    // Another node of the pool holds `id`. An older number than the one known is ignored.
    PresenceEvents add_remote(const PeerId& id, core::RegistrationNumber number);
    // That registration is over or out of reach; any other registration of `id` stays.
    PresenceEvents remove_remote(const PeerId& id, core::RegistrationNumber number);

    PresenceEvents subscribe(SessionId session, std::span<const PeerId> ids);
    void unsubscribe(SessionId session, std::span<const PeerId> ids);

    std::size_t sessions() const { return sessions_.size(); }
    std::size_t subscriptions() const { return subscriptions_; }
    std::uint64_t refused_subscriptions() const { return refused_; }

private:
    struct Watcher {
        SessionId session;
        bool wants_online;  // want_online is a subset of want_offline, which is the whole list
    };
    // Exists while the peer is online or watched. Never moves: sessions point to it.
    struct Peer {
        const PeerId* id;  // its key in peers_
        std::optional<core::RegistrationNumber> online;
        std::optional<SessionId> session;  // of this node, when online through it
        std::vector<Watcher> watchers;
    };
    struct Session {
        Peer* peer;
        std::unordered_map<Peer*, std::uint32_t> watches;  // -> index in the peer's watchers
    };

    Peer& peer_of(const PeerId& id);
    void forget_if_unused(Peer& peer);
    void went_online(Peer& peer, PresenceEvents& events);
    void went_offline(Peer& peer, PresenceEvents& events);
    void end_session(SessionId session);
    void unwatch(SessionId session, Session& state, Peer& peer);

    Limits limits_;
    std::unordered_map<PeerId, Peer> peers_;
    std::unordered_map<SessionId, Session> sessions_;
    std::size_t subscriptions_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace rookery::relay
