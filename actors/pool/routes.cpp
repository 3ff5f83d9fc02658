#include "actors/pool/routes.hpp"

namespace rookery::pool {

void Routes::set_bus(bool connected) {
    std::lock_guard lock(mutex_);
    bus_ = connected;
    if (!connected) heard_.clear();
}

bool Routes::bus() const {
    std::lock_guard lock(mutex_);
    return bus_;
}

void Routes::heard_over_bus(NodeId node, core::SteadyTime now) {
    std::lock_guard lock(mutex_);
    if (bus_) heard_[node] = now;
}

bool Routes::hears_over_bus(NodeId node, core::SteadyTime now) const {
    std::lock_guard lock(mutex_);
    const auto it = heard_.find(node);
    return it != heard_.end() && now - it->second < bus_patience;
}

void Routes::forget(NodeId node) {
    std::lock_guard lock(mutex_);
    heard_.erase(node);
}

bool Routes::set_link(NodeId node, bool has_bus, bool hears_us) {
    std::lock_guard lock(mutex_);
    const auto [it, fresh] = links_.try_emplace(node);
    const auto before = way_of(it->second);
    it->second.has_bus = has_bus;
    it->second.hears_us = hears_us;
    return fresh || before != way_of(it->second);
}

void Routes::heard_over_link(NodeId node, core::SteadyTime now) {
    std::lock_guard lock(mutex_);
    if (const auto it = links_.find(node); it != links_.end()) it->second.heard = now;
}

void Routes::drop_link(NodeId node) {
    std::lock_guard lock(mutex_);
    links_.erase(node);
}

Way Routes::way(NodeId node) const {
    std::lock_guard lock(mutex_);
    if (const auto it = links_.find(node); it != links_.end()) return way_of(it->second);
    return bus_ ? Way::bus : Way::none;
}

std::vector<NodeId> Routes::by_link() const {
    std::lock_guard lock(mutex_);
    std::vector<NodeId> out;
    for (const auto& [node, link] : links_)
        if (way_of(link) == Way::link) out.push_back(node);
    return out;
}

std::vector<Routes::Linked> Routes::linked() const {
    std::lock_guard lock(mutex_);
    std::vector<Linked> out;
    for (const auto& [node, link] : links_) out.push_back({node, link.heard, link.has_bus});
    return out;
}

}  // namespace rookery::pool
