// The bus and the links as one: what goes to a node takes the way that Routes names at that moment, and no other. So
// nothing is delivered twice, and mail keeps its order while the way does not change. Any thread; node scope.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actors/pool/envelope_mac.hpp"
#include "actors/pool/outboxes.hpp"
#include "actors/pool/ports.hpp"
#include "actors/pool/routes.hpp"

namespace rookery::pool {

class Ways final : public Bus {
public:
    Ways(NodeId self, EnvelopeMac mac, std::shared_ptr<Routes> routes, std::shared_ptr<Outboxes> outboxes)
        : self_(self), mac_(std::move(mac)), routes_(std::move(routes)), outboxes_(std::move(outboxes)) {}

    // Before anything is sent. Held weakly: they ask this for mail.
    void use(std::weak_ptr<Bus> bus, std::weak_ptr<DirectLinks> links);

    // To everybody: over the bus, and over the links of those who do not hear it.
    bool send(std::optional<NodeId> to, std::string envelope) override;
    bool connected() const override;
    void mail_waits(std::optional<NodeId> to) override;
    // Mail that waits may have another way now.
    void changed();

    struct Parcel {
        std::optional<NodeId> to;
        std::string envelope;
    };
    // What the bus, or the link to a node, is to send next.
    std::optional<Parcel> for_bus(std::size_t max_bytes, core::SteadyTime now);
    std::optional<std::string> for_link(NodeId node, core::SteadyTime now);

private:
    Way way(std::optional<NodeId> to) const { return to ? routes_->way(*to) : routes_->way_to_all(); }
    void copy_to_links(const std::string& envelope);

    std::string envelope(const MailBatch& batch) const { return mac_.seal(encode(self_, batch)); }

    const NodeId self_;
    const EnvelopeMac mac_;
    const std::shared_ptr<Routes> routes_;
    const std::shared_ptr<Outboxes> outboxes_;
    std::weak_ptr<Bus> bus_;
    std::weak_ptr<DirectLinks> links_;
};

}  // namespace rookery::pool
