#include "tests/unit/actors/pool/link_world.hpp"

#include <algorithm>

namespace rookery::pool::test {

LinkWorld::Host& LinkWorld::add(NodeId id) {
    auto& host = *hosts_.emplace_back(std::make_unique<Host>());
    host.id = id;
    host.address = "host" + std::to_string(id) + ":1";
    host.keys = crypto_.new_keys();
    start(host);
    return host;
}

void LinkWorld::start(Host& host) {
    host.links = std::make_unique<Links>(
        LinkSelf{host.id, host.keys}, crypto_, host.routes, settings_, [] { return 0.5; }, now);
}

void LinkWorld::crash(Host& host) {
    for (const auto& link : host.routes.linked()) host.routes.drop_link(link.node);
    host.links.reset();
    for (std::size_t i = 0; i < pipes_.size();)
        if (pipes_[i]->a.host == &host || pipes_[i]->b.host == &host)
            close(host, (pipes_[i]->a.host == &host ? pipes_[i]->a : pipes_[i]->b).connection);
        else
            ++i;
}

void LinkWorld::introduce(Host& to, const Host& whom) {
    LinkEffects effects;
    to.links->know(whom.id, whom.direct(), now, effects);
    perform(to, std::move(effects));
}

void LinkWorld::meet(Host& a, Host& b) {
    introduce(a, b);
    introduce(b, a);
}

void LinkWorld::cut(const Host& a, const Host& b, bool now_cut) {
    const std::pair pair(std::min(a.id, b.id), std::max(a.id, b.id));
    std::erase(cuts_, pair);
    if (now_cut) cuts_.push_back(pair);
}

bool LinkWorld::joined(const Host& a, const Host& b) const {
    const std::pair pair(std::min(a.id, b.id), std::max(a.id, b.id));
    return std::find(cuts_.begin(), cuts_.end(), pair) == cuts_.end();
}

void LinkWorld::set_bus(Host& host, bool connected) {
    host.routes.set_bus(connected);
    LinkEffects effects;
    host.links->bus_changed(now, effects);
    perform(host, std::move(effects));
    deliver();
}

bool LinkWorld::send(Host& from, const Host& to, const std::string& envelope) {
    LinkEffects effects;
    const bool sent = from.links->send(to.id, envelope, effects);
    perform(from, std::move(effects));
    deliver();
    return sent;
}

LinkWorld::End* LinkWorld::other_end(Host& host, Connection connection) {
    for (const auto& pipe : pipes_) {
        if (pipe->a.host == &host && pipe->a.connection == connection) return &pipe->b;
        if (pipe->b.host == &host && pipe->b.connection == connection) return &pipe->a;
    }
    return nullptr;
}

void LinkWorld::pump(Host& host, Connection connection) {
    auto* other = other_end(host, connection);
    if (!other) return;
    for (auto bytes = host.links->take(connection); !bytes.empty(); bytes = host.links->take(connection))
        other->to += bytes;
}

// The other side sees the end at once, unless it is cut off: then nothing comes any more.
void LinkWorld::close(Host& host, Connection connection) {
    const auto it = std::find_if(pipes_.begin(), pipes_.end(), [&](const auto& pipe) {
        return (pipe->a.host == &host && pipe->a.connection == connection) ||
               (pipe->b.host == &host && pipe->b.connection == connection);
    });
    if (it == pipes_.end()) return;
    const auto pipe = std::move(*it);
    pipes_.erase(it);
    auto& other = pipe->a.host == &host && pipe->a.connection == connection ? pipe->b : pipe->a;
    if (!other.host->links || !joined(*pipe->a.host, *pipe->b.host)) return;
    LinkEffects effects;
    if (!other.to.empty()) other.host->links->receive(other.connection, other.to, now, effects);
    other.host->links->ended(other.connection, "closed by the other side", now, effects);
    perform(*other.host, std::move(effects));
}

void LinkWorld::perform(Host& host, LinkEffects effects) {
    for (auto& got : effects.received) host.received.emplace_back(got.from, std::move(got.envelope));
    for (const auto& dial : effects.dial) {
        LinkEffects then;
        const auto target =
            std::find_if(hosts_.begin(), hosts_.end(), [&](const auto& h) { return h->address == dial.address; });
        if (target == hosts_.end() || !(*target)->links) {
            host.links->ended(dial.connection, "connection refused", now, then);
        } else if (joined(host, **target)) {
            if (const auto accepted = (*target)->links->accept(host.address, now)) {
                pipes_.push_back(
                    std::make_unique<Pipe>(Pipe{{&host, dial.connection, {}}, {target->get(), *accepted, {}}}));
                host.links->dialed(dial.connection, now, then);
            } else {
                host.links->ended(dial.connection, "closed by the other side", now, then);
            }
        }
        perform(host, std::move(then));
    }
    for (const auto connection : effects.ready) pump(host, connection);
    for (const auto connection : effects.close) close(host, connection);
}

void LinkWorld::deliver() {
    for (bool moved = true; moved;) {
        moved = false;
        for (std::size_t i = 0; i < pipes_.size(); ++i) {
            const auto pipe = pipes_[i].get();
            if (!joined(*pipe->a.host, *pipe->b.host)) continue;
            for (auto* end : {&pipe->a, &pipe->b}) {
                if (end->to.empty()) continue;
                moved = true;
                LinkEffects effects;
                end->host->links->receive(end->connection, std::exchange(end->to, {}), now, effects);
                perform(*end->host, std::move(effects));
                break;  // it may have closed the pipe
            }
            if (moved) break;
        }
    }
}

void LinkWorld::pass(std::chrono::milliseconds time) {
    deliver();
    for (const auto end = now + time; now < end;) {
        now += std::chrono::milliseconds(100);
        for (const auto& host : hosts_) {
            if (!host->links) continue;
            LinkEffects effects;
            host->links->tick(now, effects);
            perform(*host, std::move(effects));
        }
        deliver();
    }
}

}  // namespace rookery::pool::test
