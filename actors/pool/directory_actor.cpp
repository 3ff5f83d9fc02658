#include "actors/pool/directory_actor.hpp"

#include "actors/core/log.hpp"

namespace rookery::pool {
namespace {

namespace log = core::log;

constexpr auto tick_interval = std::chrono::milliseconds(100);
// Registrations that come together are announced together.
constexpr auto flush_delay = std::chrono::milliseconds(2);

core::SteadyTime steady_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

DirectoryActor::DirectoryActor(caf::actor_config& config, core::ActorContext context, DirectoryParts parts)
    : Actor(config, std::move(context)), parts_(std::move(parts)) {}

DirectoryActor::behavior_type DirectoryActor::make_behavior() {
    take_over();
    if (!parts_.alone) delayed_send(this, tick_interval, Tick{});
    // The bus may have come while there was no actor to tell.
    if (parts_.bus->connected()) caf::anon_send(this, BusState{true});
    const auto change = [this](auto&& what) {
        Effects effects;
        parts_.directory->write([&](Replica& replica) { what(replica, effects); });
        perform(std::move(effects));
    };
    return {
        status_handler(),
        [this](const core::Register& request) { add(request); },
        [this](const core::Unregister& request) { remove(request); },
        [change](Heard& heard) {
            change([&](Replica& replica, Effects& effects) {
                replica.receive(heard.from, std::move(heard.message), steady_now(), effects);
            });
        },
        [this, change](const BusState& state) {
            parts_.inbox->reconnected();
            change([&](Replica& replica, Effects& effects) {
                if (parts_.links) replica.advertise(parts_.links->own());
                if (state.connected)
                    replica.connected(steady_now(), effects);
                else if (!parts_.bus->connected())
                    replica.disconnected();
            });
        },
        [this](const Tick&) { tick(); },
        [this, change](const Flush&) {
            flush_scheduled_ = false;
            change([](Replica& replica, Effects& effects) { replica.flush(effects); });
        },
        [change](const Leave&) { change([](Replica& replica, Effects& effects) { replica.leave(effects); }); },
    };
}

// What the incarnation before this one had registered; the first one finds nothing. Who ended while there was no
// directory had nobody to tell, and the crash may have come between a claim and its mailbox.
void DirectoryActor::take_over() {
    for (const auto realm : {core::Realm::signal, core::Realm::relay, core::Realm::sync}) {
        std::vector<std::pair<std::string, std::shared_ptr<core::Mailbox>>> found;
        parts_.mailboxes->of(realm).for_each(
            [&](const auto& key, const auto& mailbox) { found.emplace_back(key, mailbox); });
        for (const auto& [key, mailbox] : found)
            if (mailbox->over()) parts_.mailboxes->of(realm).remove(key, mailbox.get());
    }
    Effects effects;
    parts_.directory->write([&](Replica& replica) {
        replica.remove_if(
            [&](const core::MailboxAddress& address) { return !parts_.mailboxes->of(address.realm).find(address.key); },
            effects);
    });
    perform(std::move(effects));
}

void DirectoryActor::add(const core::Register& request) {
    Effects effects;
    const auto number = parts_.directory->write(
        [&](Replica& replica) { return replica.add(request.address, core::wall_now(), effects); });
    // The new one is found before the old one ends: nothing falls between.
    const auto old = parts_.mailboxes->of(request.address.realm).put(request.address.key, request.mailbox);
    request.mailbox->registered(number);
    if (old) old->displaced();
    request.reply(core::Done{});
    perform(std::move(effects));
}

void DirectoryActor::remove(const core::Unregister& request) {
    parts_.mailboxes->of(request.address.realm).remove(request.address.key, request.mailbox.get());
    Effects effects;
    parts_.directory->write([&](Replica& replica) { replica.remove(request.address, request.number, effects); });
    perform(std::move(effects));
}

void DirectoryActor::tick() {
    delayed_send(this, tick_interval, Tick{});
    Effects effects;
    const auto now = steady_now();
    if (parts_.inbox->tick(boot_time())) {
        log::warn("this process stood still: what other nodes sent meanwhile is dropped, and asked for anew");
        std::uint64_t nonce = 0;
        parts_.crypto->random(&nonce, sizeof nonce);
        parts_.inbox->expect(nonce);
        const auto self = parts_.directory->write([&](Replica& replica) {
            replica.resumed(now, effects);
            return replica.self();
        });
        parts_.bus->send(self, encode(self, Marker{nonce}));
    }
    follow_links(now, effects);
    parts_.directory->write([&](Replica& replica) { replica.tick(now, effects); });
    perform(std::move(effects));
}

// A node lives as long as something comes from it, by whatever way; and one link is pool enough to go on with.
void DirectoryActor::follow_links(core::SteadyTime now, Effects& effects) {
    const auto clock = core::SteadyTime(boot_time());
    parts_.directory->write([&](Replica& replica) {
        for (const auto& link : parts_.routes->linked()) replica.alive(link.node, now - (clock - link.heard));
        const bool reaches = parts_.bus->connected();
        if (reaches && !replica.is_connected()) replica.connected(now, effects);
        if (!reaches && replica.is_connected()) replica.disconnected();
    });
}

void DirectoryActor::perform(Effects effects) {
    const auto self = parts_.directory->read([](const Replica& replica) { return replica.self(); });
    for (const auto node : effects.came) log::info("node {:016x} is in the pool", node);
    for (const auto node : effects.lost) {
        log::info("node {:016x} has left the pool", node);
        parts_.outboxes->forget(node);
        parts_.inbox->forget(node);
        parts_.routes->forget(node);
        if (parts_.links) parts_.links->lose(node);
    }
    if (parts_.links) {
        for (const auto& met : effects.met) parts_.links->know(met.node, met.direct);
        for (const auto node : effects.departed) parts_.links->departed(node);
    }
    for (const auto& claim : effects.displaced) {
        auto& table = parts_.mailboxes->of(claim.address.realm);
        const auto mailbox = table.find(claim.address.key);
        if (!mailbox) continue;
        table.remove(claim.address.key, mailbox.get());
        mailbox->displaced();
    }
    for (const auto& out : effects.send) parts_.bus->send(out.to, encode(self, out.message));
    const bool gathered = parts_.directory->read([](const Replica& replica) { return replica.has_changes(); });
    if (gathered && !std::exchange(flush_scheduled_, true)) delayed_send(this, flush_delay, Flush{});
}

std::vector<std::pair<std::string, std::string>> DirectoryActor::details() const {
    return parts_.directory->read([](const Replica& replica) -> std::vector<std::pair<std::string, std::string>> {
        return {{"node", fmt::format("{:016x}", replica.self())},
                {"entries", std::to_string(replica.addresses())},
                {"siblings", std::to_string(replica.siblings().size())},
                {"settled", replica.settled(steady_now()) ? "yes" : "no"}};
    });
}

}  // namespace rookery::pool
