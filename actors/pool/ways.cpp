#include "actors/pool/ways.hpp"

#include <utility>

namespace rookery::pool {

void Ways::use(std::weak_ptr<Bus> bus, std::weak_ptr<DirectLinks> links) {
    bus_ = std::move(bus);
    links_ = std::move(links);
}

bool Ways::connected() const {
    return routes_->bus() || !routes_->linked().empty();
}

bool Ways::send(std::optional<NodeId> to, std::string plain) {
    auto envelope = mac_.seal(std::move(plain));
    if (!to) copy_to_links(envelope);
    const auto links = links_.lock();
    if (to && way(to) == Way::link) return links && links->send(*to, std::move(envelope));
    const auto bus = bus_.lock();
    return bus && bus->send(to, std::move(envelope));
}

void Ways::copy_to_links(const std::string& envelope) {
    const auto links = links_.lock();
    if (!links) return;
    for (const auto node : routes_->by_link()) links->send(node, envelope);
}

void Ways::mail_waits(std::optional<NodeId> to) {
    if (way(to) == Way::link) {
        if (const auto links = links_.lock()) links->mail_waits(to);
    } else if (const auto bus = bus_.lock()) {
        bus->mail_waits(to);
    }
}

void Ways::changed() {
    if (const auto bus = bus_.lock()) bus->mail_waits(std::nullopt);
    if (const auto links = links_.lock()) links->mail_waits(std::nullopt);
}

std::optional<Ways::Parcel> Ways::for_bus(std::size_t max_bytes, core::SteadyTime now) {
    const auto batch = outboxes_->take(max_bytes - mac_overhead, now,
                                       [this](std::optional<NodeId> to) { return way(to) == Way::bus; });
    if (!batch) return std::nullopt;
    auto sealed = envelope(batch->mails);
    if (!batch->to) copy_to_links(sealed);
    return Parcel{batch->to, std::move(sealed)};
}

std::optional<std::string> Ways::for_link(NodeId node, core::SteadyTime now) {
    const auto to_all = [this](std::optional<NodeId> to) { return !to && way(to) == Way::link; };
    while (const auto batch = outboxes_->take(max_envelope_bytes, now, to_all)) copy_to_links(envelope(batch->mails));
    const auto batch = outboxes_->take(max_envelope_bytes, now,
                                       [&](std::optional<NodeId> to) { return to == node && way(to) == Way::link; });
    if (!batch) return std::nullopt;
    return envelope(batch->mails);
}

}  // namespace rookery::pool
