#include "tests/unit/actors/pool/pool_world.hpp"

#include <fmt/format.h>

namespace rookery::pool::test {
namespace {

using namespace std::chrono_literals;

core::MailboxAddress address(const std::string& key) {
    return {core::Realm::signal, key};
}

}  // namespace

World::World(std::uint64_t seed, std::size_t hosts, std::size_t agents)
    : random_(seed), hosts_(hosts), side_(hosts, 0), agents_(agents) {
    for (auto& host : hosts_) host.clock_offset = std::chrono::milliseconds(below(600'000)) - 5min;
    for (std::size_t i = 0; i < hosts; ++i) start(i);
}

core::WallTime World::wall(const Host& host) const {
    return core::WallTime(24h * 365 * 50) + now_.time_since_epoch() + host.clock_offset;
}

void World::start(std::size_t i) {
    auto& host = hosts_[i];
    host.replica = std::make_unique<Replica>(random_(), Card{}, ReplicaSettings{}, now_);
    Effects effects;
    host.replica->connected(now_, effects);
    perform(i, std::move(effects));
}

void World::crash(std::size_t i) {
    auto& host = hosts_[i];
    host.replica.reset();
    host.streams.clear();
    host.waiting.clear();
    host.suspended = false;
    for (auto& agent : agents_)
        if (agent.host == i) agent = {std::nullopt, {}, now_ + std::chrono::milliseconds(below(2'000))};
}

void World::wake(std::size_t i) {
    auto& host = hosts_[i];
    if (!host.suspended) return;
    host.suspended = false;
    Effects effects;
    if (now_ - host.suspended_since > 2s) host.replica->resumed(now_, effects);
    perform(i, std::move(effects));
    // What came meanwhile is read now, old as it is.
    auto waiting = std::move(host.waiting);
    host.waiting.clear();
    for (auto& [from, message] : waiting) deliver(i, from, std::move(message));
}

void World::post(std::size_t from, std::size_t to, const Message& message) {
    if (!hosts_[to].replica || !joined(from, to) || (lossy_ && chance(0.05))) return;
    const auto copies = lossy_ && chance(0.05) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        const auto delay = std::chrono::microseconds(100 + below(lossy_ && chance(0.1) ? 500'000 : 2'000));
        flights_.push({now_ + delay, ++order_, to, hosts_[from].replica->self(), message});
    }
}

void World::perform(std::size_t i, Effects effects) {
    auto& host = hosts_[i];
    for (const auto& claim : effects.displaced) {
        host.streams.erase(claim.address.key);
        for (std::size_t a = 0; a < agents_.size(); ++a)
            if (key(a) == claim.address.key && agents_[a].host == i && agents_[a].number.millis == claim.millis &&
                agents_[a].number.counter == claim.counter) {
                ++reconnects_;
                agents_[a] = {std::nullopt, {}, now_ + std::chrono::milliseconds(below(1'600))};
            }
    }
    if (host.replica->has_changes()) host.replica->flush(effects);
    for (const auto& out : effects.send)
        for (std::size_t to = 0; to < hosts_.size(); ++to)
            if (to != i && (!out.to || (hosts_[to].replica && hosts_[to].replica->self() == *out.to)))
                post(i, to, out.message);
}

void World::deliver(std::size_t i, NodeId from, Message message) {
    Effects effects;
    hosts_[i].replica->receive(from, std::move(message), now_, effects);
    perform(i, std::move(effects));
}

// A new stream anywhere; the one it had before may stay half open where it was.
void World::connect(std::size_t a) {
    const auto i = below(hosts_.size());
    auto& host = hosts_[i];
    if (!host.replica || host.suspended) {
        agents_[a].next = now_ + 200ms;
        return;
    }
    Effects effects;
    const auto number = host.replica->add(address(key(a)), wall(host), effects);
    host.streams[key(a)] = number;
    agents_[a] = {i, number, {}};
    perform(i, std::move(effects));
}

void World::act_agent(std::size_t a) {
    auto& agent = agents_[a];
    if (!agent.host) {
        if (now_ >= agent.next) connect(a);
        return;
    }
    if (!chance(0.002)) return;
    auto& host = hosts_[*agent.host];
    if (!host.replica || host.suspended || chance(0.5)) return connect(a);  // moves without a word
    Effects effects;
    host.streams.erase(key(a));
    host.replica->remove(address(key(a)), agent.number, effects);
    const auto i = *agent.host;
    agent = {std::nullopt, {}, now_ + std::chrono::milliseconds(below(500))};
    perform(i, std::move(effects));
}

void World::fault() {
    const auto i = below(hosts_.size());
    auto& host = hosts_[i];
    switch (below(6)) {
        case 0:
            if (host.replica) crash(i);
            break;
        case 1:
            if (!host.replica) start(i);
            break;
        case 2:
            if (host.replica && !host.suspended) {
                host.suspended = true;
                host.suspended_since = now_;
            } else {
                wake(i);
            }
            break;
        case 3:
            for (auto& side : side_) side = static_cast<int>(below(2));
            break;
        case 4:
            for (auto& side : side_) side = 0;
            break;
        case 5:
            host.clock_offset = std::chrono::milliseconds(below(600'000)) - 5min;
            lossy_ = chance(0.5);
            break;
    }
}

void World::heal() {
    lossy_ = false;
    for (auto& side : side_) side = 0;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        wake(i);
        if (!hosts_[i].replica) start(i);
    }
}

void World::step(bool faults) {
    now_ += 10ms;
    if (faults && chance(0.01)) fault();
    while (!flights_.empty() && flights_.top().at <= now_) {
        auto flight = flights_.top();
        flights_.pop();
        auto& host = hosts_[flight.to];
        if (!host.replica) continue;
        if (host.suspended)
            host.waiting.emplace_back(flight.from, std::move(flight.message));
        else
            deliver(flight.to, flight.from, std::move(flight.message));
    }
    for (std::size_t a = 0; a < agents_.size(); ++a)
        if (faults || !agents_[a].host) act_agent(a);
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        if (!hosts_[i].replica || hosts_[i].suspended) continue;
        Effects effects;
        hosts_[i].replica->tick(now_, effects);
        perform(i, std::move(effects));
    }
}

void World::run(std::chrono::milliseconds time, bool faults) {
    if (!faults) heal();
    for (const auto end = now_ + time; now_ < end;) step(faults);
}

std::vector<std::string> World::violations() const {
    std::vector<std::string> wrong;
    for (std::size_t a = 0; a < agents_.size(); ++a) {
        std::size_t streams = 0;
        for (const auto& host : hosts_) streams += host.streams.count(key(a));
        if (!agents_[a].host) wrong.push_back(fmt::format("{} has no stream", key(a)));
        if (streams != 1) wrong.push_back(fmt::format("{} has {} streams", key(a), streams));
        for (std::size_t i = 0; agents_[a].host && i < hosts_.size(); ++i) {
            const auto found = hosts_[i].replica->find(address(key(a)), now_);
            if (found.node != hosts_[*agents_[a].host].replica->self())
                wrong.push_back(fmt::format("node {} does not find {} where it is", i, key(a)));
        }
    }
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        const auto& replica = *hosts_[i].replica;
        if (!replica.settled(now_)) wrong.push_back(fmt::format("node {} is not settled", i));
        if (replica.siblings().size() != hosts_.size() - 1)
            wrong.push_back(fmt::format("node {} knows {} siblings", i, replica.siblings().size()));
        if (replica.addresses() != agents_.size())
            wrong.push_back(fmt::format("node {} holds {} addresses", i, replica.addresses()));
        for (const auto& other : hosts_)
            if (replica.summary(other.replica->self()) != other.replica->summary(other.replica->self()))
                wrong.push_back(fmt::format("node {} has another view of a node than that node", i));
    }
    return wrong;
}

}  // namespace rookery::pool::test
