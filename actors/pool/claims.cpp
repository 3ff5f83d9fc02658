#include "actors/pool/claims.hpp"

#include <algorithm>

namespace rookery::pool {
namespace {

// The digest is compared between nodes and versions, so its hash is fixed: FNV-1a, then the finaliser of SplitMix64.
std::uint64_t fingerprint(const core::MailboxAddress& address, std::uint64_t millis, std::uint32_t counter) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto mix = [&hash](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3; };
    mix(static_cast<std::uint8_t>(address.realm));
    for (const char c : address.key) mix(static_cast<std::uint8_t>(c));
    for (int shift = 0; shift < 64; shift += 8) mix(static_cast<std::uint8_t>(millis >> shift));
    for (int shift = 0; shift < 32; shift += 8) mix(static_cast<std::uint8_t>(counter >> shift));
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
    return hash ^ (hash >> 31);
}

}  // namespace

std::optional<std::uint32_t> Claims::find_node(NodeId node) const {
    const auto it = places_.find(node);
    return it == places_.end() ? std::nullopt : std::optional(it->second);
}

std::uint32_t Claims::index_of(NodeId node) {
    if (const auto known = find_node(node)) return *known;
    const auto free = std::find_if(nodes_.begin(), nodes_.end(), [](const Node& n) { return n.summary.count == 0; });
    const auto place = static_cast<std::uint32_t>(free - nodes_.begin());
    if (free == nodes_.end()) {
        nodes_.push_back({node, {}});
    } else {
        places_.erase(free->id);
        *free = {node, {}};
    }
    places_.emplace(node, place);
    return place;
}

void Claims::count(const core::MailboxAddress& address, const Stored& stored, bool present) {
    auto& summary = nodes_[stored.node].summary;
    const auto print = fingerprint(address, stored.millis, stored.counter);
    summary.count += present ? 1 : -1;
    summary.digest += present ? print : -print;
}

Claims::Outcome Claims::put(const core::MailboxAddress& address, const Holder& fresh) {
    const Stored stored{fresh.millis, fresh.counter, index_of(fresh.node)};
    const auto [it, inserted] = entries_.try_emplace(address, Entry{stored, nullptr});
    if (inserted) {
        count(address, stored, true);
        return {std::nullopt, fresh};
    }
    Outcome outcome{holder(it->second.newest), std::nullopt};
    auto& entry = it->second;
    std::vector<Stored> all{entry.newest};
    if (entry.older) all.insert(all.end(), entry.older->begin(), entry.older->end());

    const auto own = std::find_if(all.begin(), all.end(), [&](const Stored& s) { return s.node == stored.node; });
    if (own != all.end()) {
        if (!(holder(*own) < fresh)) {
            outcome.after = outcome.before;
            return outcome;
        }
        count(address, *own, false);
        all.erase(own);
    }
    count(address, stored, true);
    const auto place = std::find_if(all.begin(), all.end(), [&](const Stored& s) { return holder(s) < fresh; });
    all.insert(place, stored);

    entry.newest = all.front();
    all.erase(all.begin());
    entry.older = all.empty() ? nullptr : std::make_unique<std::vector<Stored>>(std::move(all));
    outcome.after = holder(entry.newest);
    return outcome;
}

bool Claims::drop(Table::iterator it, std::size_t position) {
    auto& entry = it->second;
    count(it->first, position == 0 ? entry.newest : (*entry.older)[position - 1], false);
    if (position == 0 && !entry.older) {
        entries_.erase(it);
        return true;
    }
    if (position == 0) entry.newest = entry.older->front();
    entry.older->erase(entry.older->begin() + (position == 0 ? 0 : static_cast<std::ptrdiff_t>(position) - 1));
    if (entry.older->empty()) entry.older.reset();
    return false;
}

Claims::Outcome Claims::remove(const core::MailboxAddress& address, const Holder& gone) {
    const auto it = entries_.find(address);
    if (it == entries_.end()) return {};
    Outcome outcome{holder(it->second.newest), holder(it->second.newest)};
    if (holder(it->second.newest) == gone) {
        outcome.after = drop(it, 0) ? std::nullopt : newest(address);
        return outcome;
    }
    if (const auto& older = it->second.older)
        for (std::size_t i = 0; i < older->size(); ++i)
            if (holder((*older)[i]) == gone) {
                drop(it, i + 1);
                break;
            }
    return outcome;
}

std::optional<Holder> Claims::newest(const core::MailboxAddress& address) const {
    const auto it = entries_.find(address);
    return it == entries_.end() ? std::nullopt : std::optional(holder(it->second.newest));
}

std::optional<Holder> Claims::of(NodeId node, const core::MailboxAddress& address) const {
    const auto it = entries_.find(address);
    if (it == entries_.end()) return std::nullopt;
    if (const auto first = holder(it->second.newest); first.node == node) return first;
    if (it->second.older)
        for (const auto& stored : *it->second.older)
            if (const auto one = holder(stored); one.node == node) return one;
    return std::nullopt;
}

Summary Claims::summary(NodeId node) const {
    const auto place = find_node(node);
    return place ? nodes_[*place].summary : Summary{};
}

void Claims::remove_if(NodeId node, const std::function<bool(const Claim&)>& remove,
                       const std::function<void(const core::MailboxAddress&, const Outcome&)>& removed) {
    const auto place = find_node(node);
    if (!place || nodes_[*place].summary.count == 0) return;
    for (auto it = entries_.begin(); it != entries_.end();) {
        const auto here = it++;
        const auto one = of(node, here->first);
        if (!one || !remove({here->first, one->millis, one->counter})) continue;
        const auto address = here->first;
        removed(address, this->remove(address, *one));
    }
}

void Claims::for_each_of(NodeId node, const std::function<void(const Claim&)>& visit) const {
    if (summary(node).count == 0) return;
    for (const auto& [address, entry] : entries_)
        if (const auto one = of(node, address)) visit({address, one->millis, one->counter});
}

}  // namespace rookery::pool
