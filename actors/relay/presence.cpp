#include "actors/relay/presence.hpp"

namespace rookery::relay {

using Kind = PresenceEvent::Kind;

PresenceEvents Presence::add(SessionId session, const PeerId& id, core::RegistrationNumber number) {
    PresenceEvents events;
    auto& peer = peer_of(id);
    if (peer.online && *peer.online >= number) {
        events.push_back({Kind::displaced, session, {}});
        return events;
    }
    if (peer.session) {
        events.push_back({Kind::displaced, *peer.session, {}});
        end_session(*peer.session);
    }
    peer.online = number;
    peer.session = session;
    sessions_.emplace(session, Session{&peer, {}});
    went_online(peer, events);
    return events;
}

PresenceEvents Presence::remove(SessionId session) {
    PresenceEvents events;
    const auto it = sessions_.find(session);
    if (it == sessions_.end()) return events;
    auto& peer = *it->second.peer;
    // Displaced sessions are no longer listed, so the peer is online through this very session.
    peer.online.reset();
    peer.session.reset();
    end_session(session);
    went_offline(peer, events);
    forget_if_unused(peer);
    return events;
}

PresenceEvents Presence::add_remote(const PeerId& id, core::RegistrationNumber number) {
    PresenceEvents events;
    auto& peer = peer_of(id);
    if (peer.online && *peer.online >= number) return events;
    if (peer.session) {
        events.push_back({Kind::displaced, *peer.session, {}});
        end_session(*peer.session);
        peer.session.reset();
    }
    peer.online = number;
    went_online(peer, events);
    return events;
}

PresenceEvents Presence::remove_remote(const PeerId& id, core::RegistrationNumber number) {
    PresenceEvents events;
    const auto it = peers_.find(id);
    if (it == peers_.end()) return events;
    auto& peer = it->second;
    if (peer.session || peer.online != number) return events;
    peer.online.reset();
    went_offline(peer, events);
    forget_if_unused(peer);
    return events;
}

PresenceEvents Presence::subscribe(SessionId session, std::span<const PeerId> ids) {
    PresenceEvents events;
    const auto it = sessions_.find(session);
    if (it == sessions_.end()) return events;
    auto& state = it->second;
    std::vector<PeerId> online;
    for (const auto& id : ids) {
        auto& peer = peer_of(id);
        if (const auto watch = state.watches.find(&peer); watch != state.watches.end()) {
            peer.watchers[watch->second].wants_online = true;
        } else if (state.watches.size() < limits_.per_session && subscriptions_ < limits_.total) {
            state.watches.emplace(&peer, static_cast<std::uint32_t>(peer.watchers.size()));
            peer.watchers.push_back({session, true});
            ++subscriptions_;
        } else {
            ++refused_;
        }
        if (peer.online)
            online.push_back(id);
        else
            forget_if_unused(peer);
    }
    if (!online.empty()) events.push_back({Kind::online, session, std::move(online)});
    return events;
}

void Presence::unsubscribe(SessionId session, std::span<const PeerId> ids) {
    const auto it = sessions_.find(session);
    if (it == sessions_.end()) return;
    for (const auto& id : ids) {
        const auto peer = peers_.find(id);
        if (peer == peers_.end() || !it->second.watches.contains(&peer->second)) continue;
        unwatch(session, it->second, peer->second);
        it->second.watches.erase(&peer->second);
        forget_if_unused(peer->second);
    }
}

Presence::Peer& Presence::peer_of(const PeerId& id) {
    const auto [it, fresh] = peers_.try_emplace(id);
    if (fresh) it->second.id = &it->first;
    return it->second;
}

void Presence::forget_if_unused(Peer& peer) {
    if (peer.online || !peer.watchers.empty()) return;
    peers_.erase(peers_.find(*peer.id));
}

// At most one online event per Subscribe.
void Presence::went_online(Peer& peer, PresenceEvents& events) {
    for (auto& watcher : peer.watchers)
        if (std::exchange(watcher.wants_online, false)) events.push_back({Kind::online, watcher.session, {*peer.id}});
}

void Presence::went_offline(Peer& peer, PresenceEvents& events) {
    for (const auto& watcher : peer.watchers) events.push_back({Kind::offline, watcher.session, {*peer.id}});
}

// Drops the session and what it watches; its own peer's state is the caller's.
void Presence::end_session(SessionId session) {
    const auto it = sessions_.find(session);
    auto* const own = it->second.peer;
    for (const auto& [peer, index] : it->second.watches) {
        unwatch(session, it->second, *peer);
        if (peer != own) forget_if_unused(*peer);
    }
    sessions_.erase(it);
}

// Takes the watcher out of the peer's list; the last one of the list fills its place. Leaves state.watches alone.
void Presence::unwatch(SessionId session, Session& state, Peer& peer) {
    const auto index = state.watches.at(&peer);
    auto& last = peer.watchers.back();
    if (last.session != session) {
        sessions_.at(last.session).watches[&peer] = index;
        peer.watchers[index] = last;
    }
    peer.watchers.pop_back();
    --subscriptions_;
}

}  // namespace rookery::relay
