#include "actors/pool/links.hpp"

#include <algorithm>
#include <utility>

#include "actors/core/log.hpp"

namespace rookery::pool {
namespace {

namespace log = core::log;

constexpr std::size_t take_at_once = 256 * 1024;  // bytes, and at least one message
constexpr std::uint32_t failures_told = 3;        // a node that died is gone from the directory by then

std::uint64_t stamp(core::SteadyTime now) {
    return static_cast<std::uint64_t>(now.time_since_epoch().count());
}

std::size_t size_of(const LinkMessage& message) {
    const auto* carried = std::get_if<Carried>(&message);
    return sizeof message + (carried ? carried->envelope.size() : 0);
}

void count(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Links::Links(LinkSelf self, const LinkCrypto& crypto, Routes& routes, LinkSettings settings,
             std::function<double()> chance, core::SteadyTime now)
    : self_(self), crypto_(crypto), routes_(routes), settings_(settings), chance_(std::move(chance)), ticked_(now) {}

// ---- Nodes

void Links::know(NodeId node, const Direct& direct, core::SteadyTime now, LinkEffects& effects) {
    if (auto* known = learn(node, direct, now, effects)) known->in_pool = true;
}

void Links::lose(NodeId node, core::SteadyTime now) {
    const auto it = known_.find(node);
    if (it == known_.end()) return;
    it->second.in_pool = false;
    if (!it->second.up) it->second.since = now;
}

void Links::departed(NodeId node, LinkEffects& effects) {
    const auto it = known_.find(node);
    if (it == known_.end()) return;
    for (const auto connection : {it->second.up, it->second.dialing}) {
        if (!connection) continue;
        wires_.erase(*connection);
        effects.close.push_back(*connection);
    }
    if (it->second.up) effects.routes_changed = true;
    routes_.drop_link(node);
    known_.erase(it);
}

Links::Known* Links::learn(NodeId node, const Direct& direct, core::SteadyTime now, LinkEffects& effects) {
    if (node == self_.node || direct.addresses.empty()) return nullptr;
    const auto it = known_.find(node);
    if (it != known_.end()) {
        if (!it->second.up) it->second.direct = direct;
        return &it->second;
    }
    if (known_.size() >= settings_.max_nodes) return nullptr;
    auto& known = known_[node];
    known.direct = direct;
    known.since = now;
    known.next_dial = self_.node < node ? now : now + settings_.higher_waits;
    for (const auto& [id, other] : known_)
        if (other.up) push(*other.up, wires_.at(*other.up), Members{{{node, direct}}}, effects);
    return &known;
}

std::optional<Key> Links::key_of(NodeId node) const {
    const auto it = known_.find(node);
    return it == known_.end() ? std::nullopt : std::optional(it->second.direct.key);
}

// ---- Connections

std::size_t Links::unproved() const {
    return static_cast<std::size_t>(std::count_if(wires_.begin(), wires_.end(), [](const auto& w) {
        return !w.second.link.dialer() && !w.second.link.proved();
    }));
}

std::optional<Connection> Links::accept(std::string address, core::SteadyTime now) {
    if (unproved() >= settings_.max_unproved) {
        count(counters_.full);
        return std::nullopt;
    }
    Wire wire{Link::accept(self_, crypto_), std::move(address), now, now, now, {}, 0, 0, 0, {}, false, std::nullopt};
    wires_.emplace(++last_, std::move(wire));
    return last_;
}

void Links::dial_due(core::SteadyTime now, LinkEffects& effects) {
    for (auto& [node, known] : known_) {
        if (known.up || known.dialing || now < known.next_dial) continue;
        const auto& addresses = known.direct.addresses;
        const auto& address = addresses[known.next_address++ % addresses.size()];
        known.dialing = ++last_;
        wires_.emplace(
            last_,
            Wire{Link::dial(self_, crypto_, node), address, now, now, now, {}, 0, 0, 0, {}, false, std::nullopt});
        effects.dial.push_back({last_, address});
    }
}

void Links::dialed(Connection connection, core::SteadyTime, LinkEffects& effects) {
    const auto it = wires_.find(connection);
    if (it == wires_.end()) return;
    it->second.raw = it->second.link.greet();
    effects.ready.push_back(connection);
}

// True: this process stood still, and what waits in its sockets is old.
bool Links::wake(core::SteadyTime now, LinkEffects& effects) {
    if (now - ticked_ < settings_.stood_still) return false;
    ticked_ = now;
    while (!wires_.empty()) close(wires_.begin()->first, "this process stood still", now, effects);
    return true;
}

void Links::receive(Connection connection, std::string_view bytes, core::SteadyTime now, LinkEffects& effects) {
    if (wake(now, effects)) return;
    const auto it = wires_.find(connection);
    if (it == wires_.end()) return;
    auto& wire = it->second;
    const bool was_keyed = wire.link.keyed(), was_proved = wire.link.proved();
    auto received = wire.link.receive(bytes, [this](NodeId node) { return key_of(node); });
    if (!received) {
        count(counters_.refused);
        log::debug("link with {} refused: {}", wire.address, received.error().message);
        return close(connection, received.error().message, now, effects);
    }
    wire.heard = now;
    if (!received->answer.empty()) {
        wire.raw = std::move(received->answer);
        effects.ready.push_back(connection);
    }
    if (!was_keyed && wire.link.keyed()) ping(connection, wire, now, effects);
    if (!was_proved && wire.link.proved() && !proved(connection, wire, effects)) return;
    if (!wire.link.proved()) return;
    routes_.heard_over_link(wire.link.peer(), now);
    for (auto& message : received->messages) handle(connection, wire, std::move(message), now, effects);
}

// The peer is who it says. False: there is a better connection, and this one is closed.
bool Links::proved(Connection connection, Wire& wire, LinkEffects& effects) {
    const auto node = wire.link.peer();
    auto& known = known_.at(node);
    if (known.dialing == connection) known.dialing.reset();
    if (known.up) {
        const auto old = *known.up;
        if (!keeps(wire, wires_.at(old))) {
            wires_.erase(connection);
            effects.close.push_back(connection);
            return false;
        }
        wires_.erase(old);
        effects.close.push_back(old);
    } else {
        log::info("link to node {:016x} is up ({})", node, wire.address);
    }
    known.up = connection;
    known.failures = 0;
    known.trouble.clear();
    count(counters_.opened);
    Members members;
    for (const auto& [id, other] : known_)
        if (id != node && members.nodes.size() < max_members) members.nodes.push_back({id, other.direct});
    push(connection, wire, std::move(members), effects);
    return true;
}

bool Links::keeps(const Wire& fresh, const Wire& old) const {
    const bool lower = self_.node < fresh.link.peer();
    const auto by_lower = [&](const Wire& wire) { return wire.link.dialer() == lower; };
    return by_lower(fresh) || !by_lower(old);
}

void Links::handle(Connection connection, Wire& wire, LinkMessage message, core::SteadyTime now, LinkEffects& effects) {
    const auto node = wire.link.peer();
    if (const auto* heard = std::get_if<Ping>(&message)) {
        if (routes_.set_link(node, heard->has_bus, heard->hears_you)) effects.routes_changed = true;
        routes_.heard_over_link(node, now);
        push(connection, wire, Pong{heard->stamp}, effects);
    } else if (const auto* pong = std::get_if<Pong>(&message)) {
        wire.round_trip = std::chrono::nanoseconds(stamp(now) - pong->stamp);
    } else if (const auto* members = std::get_if<Members>(&message)) {
        for (const auto& member : members->nodes)
            if (known_.count(member.node) == 0) learn(member.node, member.direct, now, effects);
    } else if (auto* carried = std::get_if<Carried>(&message)) {
        ++wire.received;
        count(counters_.received);
        effects.received.push_back({node, std::move(carried->envelope)});
    }
}

void Links::close(Connection connection, const std::string& why, core::SteadyTime now, LinkEffects& effects) {
    effects.close.push_back(connection);
    ended(connection, why, now, effects);
}

void Links::ended(Connection connection, const std::string& why, core::SteadyTime now, LinkEffects& effects) {
    const auto it = wires_.find(connection);
    if (it == wires_.end()) return;
    const auto wire = std::move(it->second);
    wires_.erase(it);
    gone(wire.link.peer(), wire, connection, why, now, effects);
}

void Links::gone(NodeId node, const Wire& wire, Connection connection, const std::string& why, core::SteadyTime now,
                 LinkEffects& effects) {
    const auto it = known_.find(node);
    if (it == known_.end()) return;
    auto& known = it->second;
    if (known.up == connection) {
        const auto waiting = std::count_if(wire.queue.begin(), wire.queue.end(),
                                           [](const auto& m) { return std::holds_alternative<Carried>(m); });
        counters_.dropped.fetch_add(static_cast<std::uint64_t>(waiting), std::memory_order_relaxed);
        known.dropped += static_cast<std::uint64_t>(waiting);
        known.up.reset();
        known.since = now;
        known.trouble = why;
        known.next_dial = self_.node < node ? now : now + settings_.higher_waits;
        routes_.drop_link(node);
        effects.routes_changed = true;
        count(counters_.lost);
        log::info("link to node {:016x} ended: {}", node, why);
    } else if (known.dialing == connection) {
        known.dialing.reset();
        known.trouble = why;
        const auto step = settings_.dial_again * (1 << std::min(known.failures, 8u));
        const auto pause = std::min<std::chrono::milliseconds>(step, settings_.dial_rarest);
        known.next_dial = now + std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(pause.count()) *
                                                                                    (0.75 + 0.5 * chance_())));
        count(counters_.failed);
        log::debug("no link to node {:016x} at {}: {}", node, wire.address, why);
        if (++known.failures == failures_told && known.in_pool && !known.up)
            log::info(
                "node {:016x} cannot be reached directly at {} ({}): without NATS it will be cut off from this one",
                node, wire.address, why);
    }
}

// ---- Time

void Links::tick(core::SteadyTime now, LinkEffects& effects) {
    if (wake(now, effects)) return;
    ticked_ = now;
    for (auto it = wires_.begin(); it != wires_.end();) {
        const auto connection = it->first;
        auto& wire = it->second;
        ++it;  // closing takes it out
        if (!wire.link.proved()) {
            if (now - wire.since < settings_.handshake) continue;
            if (!wire.link.dialer()) {
                count(counters_.slow);
                log::debug("link with {}: no proof in time", wire.address);
            }
            close(connection, "no answer in time", now, effects);
        } else if (now - wire.heard >= settings_.lost_after) {
            close(connection, "silence", now, effects);
        } else if (now - wire.pinged >= settings_.ping ||
                   wire.told_hears != routes_.hears_over_bus(wire.link.peer(), now)) {
            ping(connection, wire, now, effects);
        }
    }
    dial_due(now, effects);
    std::erase_if(known_, [&](const auto& entry) {
        const auto& known = entry.second;
        return !known.in_pool && !known.up && !known.dialing && now - known.since >= settings_.remember;
    });
}

void Links::bus_changed(core::SteadyTime now, LinkEffects& effects) {
    for (auto& [connection, wire] : wires_)
        if (wire.link.proved()) ping(connection, wire, now, effects);
    effects.routes_changed = true;
}

// ---- What is said

void Links::ping(Connection connection, Wire& wire, core::SteadyTime now, LinkEffects& effects) {
    wire.pinged = now;
    wire.told_hears = routes_.hears_over_bus(wire.link.peer(), now);
    push(connection, wire, Ping{stamp(now), routes_.bus(), wire.told_hears}, effects);
}

// False: too much waits.
bool Links::push(Connection connection, Wire& wire, LinkMessage message, LinkEffects& effects) {
    const auto size = size_of(message);
    if (wire.queued_bytes + size > settings_.max_queued_bytes) return false;
    wire.queued_bytes += size;
    wire.queue.push_back(std::move(message));
    effects.ready.push_back(connection);
    return true;
}

bool Links::send(NodeId node, std::string envelope, LinkEffects& effects) {
    const auto it = known_.find(node);
    if (it == known_.end() || !it->second.up) return false;
    if (push(*it->second.up, wires_.at(*it->second.up), Carried{std::move(envelope)}, effects)) return true;
    ++it->second.dropped;
    count(counters_.dropped);
    return false;
}

std::string Links::take(Connection connection) {
    const auto it = wires_.find(connection);
    if (it == wires_.end()) return {};
    auto& wire = it->second;
    auto out = std::exchange(wire.raw, {});
    while (wire.link.keyed() && !wire.queue.empty() && out.size() < take_at_once) {
        const auto message = std::move(wire.queue.front());
        wire.queue.pop_front();
        wire.queued_bytes -= size_of(message);
        if (std::holds_alternative<Carried>(message)) {
            ++wire.sent;
            count(counters_.sent);
        }
        out += wire.link.seal(message);
    }
    return out;
}

std::string Links::seal(Connection connection, std::string envelope) {
    const auto it = wires_.find(connection);
    if (it == wires_.end()) {
        count(counters_.dropped);
        return {};
    }
    ++it->second.sent;
    count(counters_.sent);
    return it->second.link.seal(Carried{std::move(envelope)});
}

std::optional<NodeId> Links::node_of(Connection connection) const {
    const auto it = wires_.find(connection);
    if (it == wires_.end()) return std::nullopt;
    const auto node = it->second.link.peer();
    return connection_to(node) == connection ? std::optional(node) : std::nullopt;
}

std::optional<Connection> Links::connection_to(NodeId node) const {
    const auto it = known_.find(node);
    return it == known_.end() ? std::nullopt : it->second.up;
}

std::vector<LinkView> Links::views() const {
    std::vector<LinkView> out;
    for (const auto& [node, known] : known_) {
        LinkView view;
        view.node = node;
        view.way = routes_.way(node);
        view.dropped = known.dropped;
        view.trouble = known.trouble;
        view.address = known.direct.addresses.front();
        if (known.up) {
            const auto& wire = wires_.at(*known.up);
            view.state = LinkState::up;
            view.address = wire.address;
            view.dialed = wire.link.dialer();
            view.round_trip = wire.round_trip;
            view.queued_bytes = wire.queued_bytes;
            view.sent = wire.sent;
            view.received = wire.received;
        } else if (known.dialing) {
            view.state = LinkState::dialing;
        }
        out.push_back(std::move(view));
    }
    return out;
}

}  // namespace rookery::pool
