// Visibility is mutual (network-map §5.1: a shared rule shows either peer to the other), so whoever sees a changed
// peer is among the peers that it sees itself, before or after.
#include <algorithm>
#include <iterator>

#include "actors/management/account_view.hpp"
#include "actors/management/network_map.hpp"
#include "actors/management/ssh_access.hpp"

namespace rookery::management {
namespace {

class Affected {
public:
    Affected(const AccountState& before, const AccountState& after) : before_(before), after_(after) {}

    std::set<PeerId> of(const ChangeSet& changes) && {
        if (concerns_everybody(changes)) return everybody();
        for (const auto& change : changes.changes) std::visit([this](const auto& c) { add(c); }, change);
        for (const auto& peer : changed_peers_) {
            if (affected_.size() >= after_.peers.size()) break;
            add_peer_and_those_it_sees(before_, peer);
            add_peer_and_those_it_sees(after_, peer);
        }
        std::erase_if(affected_, [this](const PeerId& id) { return !after_.peers.find(id); });
        return std::move(affected_);
    }

private:
    // Rare, and not worth telling apart: a group whose name starts or ceases to mean "everybody", and other users
    // for SSH.
    bool concerns_everybody(const ChangeSet& changes) const {
        if (forwarder_port(before_) != forwarder_port(after_)) return true;
        return std::any_of(changes.changes.begin(), changes.changes.end(), [this](const Change& change) {
            if (std::holds_alternative<Put<User>>(change) || std::holds_alternative<Remove<User>>(change))
                return ssh_users(before_) != ssh_users(after_);
            if (std::holds_alternative<Set<Settings>>(change) || std::holds_alternative<Set<OverlayNetwork>>(change))
                return true;
            const auto* put = std::get_if<Put<Group>>(&change);
            if (!put) return false;
            const auto* old = before_.groups.find(put->value->id);
            const auto* now = after_.groups.find(put->value->id);
            return (old && is_all(*old)) != (now && is_all(*now));
        });
    }

    std::set<PeerId> everybody() const {
        std::set<PeerId> out;
        for (const auto& [id, peer] : after_.peers) out.insert(out.end(), id);
        return out;
    }

    void add(const Put<Peer>& c) { changed_peers_.insert(c.value->id); }
    void add(const Remove<Peer>& c) { changed_peers_.insert(c.id); }
    void add(const Members& c) {
        changed_peers_.insert(c.added.begin(), c.added.end());
        changed_peers_.insert(c.removed.begin(), c.removed.end());
    }
    void add(const Put<Group>& c) { add_group(c.value->id); }
    void add(const Remove<Group>& c) { add_group(c.id); }
    void add_group(const Id& id) {
        static const IdSet nobody;
        const auto* old = before_.groups.find(id);
        const auto* now = after_.groups.find(id);
        const auto& a = old ? old->peers : nobody;
        const auto& b = now ? now->peers : nobody;
        std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(),
                                      std::inserter(changed_peers_, changed_peers_.end()));
    }
    void add(const Put<Policy>& c) { add_policy(c.value->id); }
    void add(const Remove<Policy>& c) { add_policy(c.id); }
    template <class NoMap>
    void add(const NoMap&) {}

    void add_policy(const Id& id) {
        const auto* old = before_.policies.find(id);
        const auto* now = after_.policies.find(id);
        if (old && now && *old == *now) return;
        for (const auto& [state, policy] : {std::pair{&before_, old}, std::pair{&after_, now}}) {
            if (!policy || !policy->enabled) continue;
            for (const auto& rule : policy->rules) {
                if (!rule.enabled) continue;
                add_all(members(*state, rule.sources));
                add_all(members(*state, rule.destinations));
            }
        }
    }

    void add_peer_and_those_it_sees(const AccountState& state, const PeerId& id) {
        const auto* peer = state.peers.find(id);
        if (!peer) return;
        affected_.insert(id);
        add_all(acl_peers(state, *peer));
    }

    void add_all(const PeerList& peers) {
        for (const auto* peer : peers) affected_.insert(peer->id);
    }

    const AccountState& before_;
    const AccountState& after_;
    std::set<PeerId> changed_peers_;
    std::set<PeerId> affected_;
};

}  // namespace

std::set<PeerId> affected_peers(const AccountState& before, const AccountState& after, const ChangeSet& changes) {
    return Affected(before, after).of(changes);
}

}  // namespace rookery::management
