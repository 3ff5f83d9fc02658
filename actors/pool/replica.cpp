#include "actors/pool/replica.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace rookery::pool {
namespace {

constexpr auto remember_departed = std::chrono::seconds(10);

Holder holder_of(NodeId node, const Claim& claim) {
    return {node, claim.millis, claim.counter};
}

}  // namespace

Replica::Replica(NodeId self, Card card, ReplicaSettings settings, core::SteadyTime now)
    : self_(self),
      card_(std::move(card)),
      settings_(settings),
      clock_(static_cast<std::uint32_t>(self)),
      joined_(now),
      next_heartbeat_(now) {}

core::RegistrationNumber Replica::add(const core::MailboxAddress& address, core::WallTime now, Effects& effects) {
    const auto number = clock_.next(now);
    clock_millis_ = number.millis;
    note(address, claims_.put(address, {self_, number.millis, number.counter}), effects);
    changes_.push_back({{address, number.millis, number.counter}, true});
    return number;
}

bool Replica::remove(const core::MailboxAddress& address, const core::RegistrationNumber& number, Effects& effects) {
    const Holder own{self_, number.millis, number.counter};
    if (claims_.of(self_, address) != own) return false;
    note(address, claims_.remove(address, own), effects);
    changes_.push_back({{address, number.millis, number.counter}, false});
    return true;
}

void Replica::remove_if(const std::function<bool(const core::MailboxAddress&)>& lost, Effects& effects) {
    claims_.remove_if(
        self_,
        [&](const Claim& claim) {
            if (!lost(claim.address)) return false;
            changes_.push_back({claim, false});
            return true;
        },
        [&](const auto& address, const auto& outcome) { note(address, outcome, effects); });
}

void Replica::note(const core::MailboxAddress& address, const Claims::Outcome& outcome, Effects& effects) {
    if (outcome.changed()) effects.moved.push_back({address, outcome.after});
}

void Replica::observe(std::uint64_t millis, std::uint32_t counter) {
    clock_.observe({millis, counter, 0});
    clock_millis_ = std::max(clock_millis_, millis);
}

Heartbeat Replica::heartbeat(bool hello) const {
    const auto own = claims_.summary(self_);
    return {sequence_, own.count, own.digest, clock_millis_, hello, card_};
}

void Replica::flush(Effects& effects) {
    for (std::size_t from = 0; from < changes_.size(); from += settings_.changes_per_announcement) {
        const auto to = std::min(changes_.size(), from + settings_.changes_per_announcement);
        Announcement announcement;
        announcement.sequence = ++sequence_;
        announcement.changes.assign(changes_.begin() + static_cast<std::ptrdiff_t>(from),
                                    changes_.begin() + static_cast<std::ptrdiff_t>(to));
        effects.tell(std::nullopt, std::move(announcement));
    }
    changes_.clear();
}

void Replica::connected(core::SteadyTime now, Effects& effects) {
    connected_ = true;
    joined_ = now + settings_.join_window;
    next_heartbeat_ = now + settings_.heartbeat;
    flush(effects);
    effects.tell(std::nullopt, heartbeat(true));
}

void Replica::disconnected() {
    connected_ = false;
}

void Replica::resumed(core::SteadyTime now, Effects& effects) {
    while (!nodes_.empty()) forget(nodes_.begin()->first, effects);
    if (connected_) connected(now, effects);
}

void Replica::leave(Effects& effects) {
    effects.tell(std::nullopt, Goodbye{});
    connected_ = false;
}

void Replica::alive(NodeId node, core::SteadyTime heard) {
    if (const auto it = nodes_.find(node); it != nodes_.end()) it->second.heard = std::max(it->second.heard, heard);
}

Replica::Node* Replica::meet(NodeId from, core::SteadyTime now, Effects& effects) {
    if (const auto it = nodes_.find(from); it != nodes_.end()) return &it->second;
    if (departed_.count(from) != 0) return nullptr;
    if (nodes_.size() >= settings_.max_nodes) {
        ++counters_.nodes_refused;
        return nullptr;
    }
    auto& node = nodes_[from];
    node.heard = now;
    effects.came.push_back(from);
    ask(from, node, now, effects);
    return &node;
}

void Replica::ask(NodeId from, Node& node, core::SteadyTime now, Effects& effects) {
    node.complete = false;
    node.asked = now;
    node.behind_since.reset();
    node.collected.reset();
    ++counters_.snapshots_requested;
    effects.tell(from, SnapshotRequest{});
}

void Replica::receive(NodeId from, Message message, core::SteadyTime now, Effects& effects) {
    if (from == self_) return;
    if (std::holds_alternative<Goodbye>(message)) {
        departed_[from] = now;
        effects.departed.push_back(from);
        return forget(from, effects);
    }
    auto* node = meet(from, now, effects);
    if (!node) return;
    if (auto* heartbeat = std::get_if<Heartbeat>(&message)) return on(from, *node, *heartbeat, now, effects);
    if (auto* announcement = std::get_if<Announcement>(&message))
        return on(from, *node, std::move(*announcement), now, effects);
    if (auto* part = std::get_if<SnapshotPart>(&message)) return on(from, *node, std::move(*part), now, effects);
    send_snapshot(from, effects);
}

void Replica::on(NodeId from, Node& node, const Heartbeat& heard, core::SteadyTime now, Effects& effects) {
    node.heard = now;
    if (node.card.direct != heard.card.direct) effects.met.push_back({from, heard.card.direct});
    node.card = heard.card;
    observe(heard.clock_millis, 0);
    if (heard.hello) {
        flush(effects);
        effects.tell(from, heartbeat(false));
    }
    node.promised = std::max(node.promised, heard.sequence);
    if (!node.complete || heard.sequence < node.applied) return;
    if (heard.sequence > node.applied) {
        if (!node.behind_since) node.behind_since = now;
        return;
    }
    if (claims_.summary(from) != Summary{heard.count, heard.digest}) {
        ++counters_.digest_mismatches;
        ask(from, node, now, effects);
    }
}

void Replica::on(NodeId from, Node& node, Announcement announcement, core::SteadyTime now, Effects& effects) {
    node.promised = std::max(node.promised, announcement.sequence);
    if (node.complete && announcement.sequence <= node.applied) {
        ++counters_.repeated;
        return;
    }
    node.ahead.emplace(announcement.sequence, std::move(announcement.changes));
    if (node.ahead.size() > settings_.max_ahead) {
        node.ahead.clear();
        if (node.complete) ask(from, node, now, effects);
        return;
    }
    if (node.complete) catch_up(from, node, now, effects);
}

// Applies what has come without gap; what is missing gets `gap_patience`.
void Replica::catch_up(NodeId from, Node& node, core::SteadyTime now, Effects& effects) {
    for (auto it = node.ahead.begin(); it != node.ahead.end() && it->first <= node.applied + 1;
         it = node.ahead.erase(it)) {
        if (it->first <= node.applied) continue;
        for (const auto& change : it->second) apply(from, change, effects);
        node.applied = it->first;
        ++counters_.announcements;
    }
    if (node.applied >= node.promised)
        node.behind_since.reset();
    else if (!node.behind_since)
        node.behind_since = now;
}

void Replica::apply(NodeId from, const Change& change, Effects& effects) {
    const auto& claim = change.claim;
    const auto theirs = holder_of(from, claim);
    if (!change.present) return note(claim.address, claims_.remove(claim.address, theirs), effects);
    observe(claim.millis, claim.counter);
    note(claim.address, claims_.put(claim.address, theirs), effects);
    const auto own = claims_.of(self_, claim.address);
    if (!own || theirs < *own) return;
    ++counters_.displaced;
    effects.displaced.push_back({claim.address, own->millis, own->counter});
    remove(claim.address, {own->millis, own->counter, 0}, effects);
}

void Replica::send_snapshot(NodeId to, Effects& effects) {
    flush(effects);
    ++counters_.snapshots_sent;
    std::vector<SnapshotPart> parts(1);
    claims_.for_each_of(self_, [&](const Claim& claim) {
        if (parts.back().claims.size() == settings_.claims_per_part) parts.emplace_back();
        parts.back().claims.push_back(claim);
    });
    for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i].sequence = sequence_;
        parts[i].part = static_cast<std::uint32_t>(i);
        parts[i].parts = static_cast<std::uint32_t>(parts.size());
        effects.tell(to, std::move(parts[i]));
    }
}

void Replica::on(NodeId from, Node& node, SnapshotPart part, core::SteadyTime now, Effects& effects) {
    if (node.complete || part.part >= part.parts) return;
    node.promised = std::max(node.promised, part.sequence);
    if (!node.collected || node.collected->sequence < part.sequence || node.collected->parts != part.parts)
        node.collected = Collected{part.sequence, part.parts, {}};
    else if (part.sequence < node.collected->sequence)
        return;        // of an answer that a newer one overtook
    node.asked = now;  // it is coming: no reason to ask again
    node.collected->by_part[part.part] = std::move(part.claims);
    if (node.collected->by_part.size() < part.parts) return;

    std::vector<Claim> all;
    for (auto& [index, claims] : node.collected->by_part)
        std::move(claims.begin(), claims.end(), std::back_inserter(all));
    node.applied = node.collected->sequence;
    node.collected.reset();
    node.complete = true;
    replace(from, all, effects);
    catch_up(from, node, now, effects);
}

void Replica::replace(NodeId from, const std::vector<Claim>& claims, Effects& effects) {
    struct Hash {
        std::size_t operator()(const core::MailboxAddress* a) const { return std::hash<std::string>{}(a->key); }
    };
    struct Equal {
        bool operator()(const core::MailboxAddress* a, const core::MailboxAddress* b) const { return *a == *b; }
    };
    if (claims_.summary(from).count != 0) {
        std::unordered_set<const core::MailboxAddress*, Hash, Equal> held;
        for (const auto& claim : claims) held.insert(&claim.address);
        claims_.remove_if(
            from, [&](const Claim& known) { return held.count(&known.address) == 0; },
            [&](const auto& address, const auto& outcome) { note(address, outcome, effects); });
    }
    for (const auto& claim : claims) apply(from, {claim, true}, effects);
}

void Replica::forget(NodeId node, Effects& effects) {
    if (nodes_.erase(node) == 0) return;
    effects.lost.push_back(node);
    claims_.remove_if(
        node, [](const Claim&) { return true; },
        [&](const auto& address, const auto& outcome) { note(address, outcome, effects); });
}

void Replica::tick(core::SteadyTime now, Effects& effects) {
    std::erase_if(departed_, [&](const auto& d) { return now - d.second > remember_departed; });
    for (auto it = nodes_.begin(); it != nodes_.end();) {
        const auto here = it++;
        auto& [id, node] = *here;
        if (now - node.heard >= settings_.lost_after) {
            ++counters_.nodes_lost;
            forget(NodeId(id), effects);
        } else if (!node.complete && now - node.asked >= settings_.retry) {
            ask(id, node, now, effects);
        } else if (node.complete && node.behind_since && now - *node.behind_since >= settings_.gap_patience) {
            ++counters_.gaps;
            ask(id, node, now, effects);
        }
    }
    if (!connected_ || now < next_heartbeat_) return;
    next_heartbeat_ = now + settings_.heartbeat;
    flush(effects);
    effects.tell(std::nullopt, heartbeat(false));
}

Replica::Found Replica::find(const core::MailboxAddress& address, core::SteadyTime now) const {
    const auto newest = claims_.newest(address);
    if (!newest) return {settled(now) ? Place::nowhere : Place::unknown, 0};
    return newest->node == self_ ? Found{Place::here, self_} : Found{Place::elsewhere, newest->node};
}

bool Replica::settled(core::SteadyTime now) const {
    if (!connected_ || now < joined_) return false;
    return std::all_of(nodes_.begin(), nodes_.end(),
                       [](const auto& n) { return n.second.complete && !n.second.behind_since; });
}

std::vector<Replica::Sibling> Replica::siblings() const {
    std::vector<Sibling> out;
    for (const auto& [id, node] : nodes_)
        out.push_back({id, node.card, claims_.summary(id).count, node.complete, node.heard});
    return out;
}

}  // namespace rookery::pool
