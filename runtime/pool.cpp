#include "runtime/pool.hpp"

#include <unistd.h>

#include "runtime/version.hpp"

namespace rookery::runtime {
namespace {

using core::Result;

pool::NodeId new_node_id(const core::Crypto& crypto) {
    pool::NodeId id = 0;
    crypto.random(&id, sizeof id);
    return id;
}

std::string host_name() {
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    return name;
}

}  // namespace

Result<Pool> open_pool(const config::Config& configuration, const State& state, std::function<void(bool)> connected) {
    Pool out;
    auto& parts = out.directory;
    const auto self = new_node_id(*state.crypto);
    parts.directory = std::make_shared<pool::Directory>(self, pool::Card{host_name(), version}, pool::ReplicaSettings{},
                                                        std::chrono::steady_clock::now());
    parts.mailboxes = state.mailboxes;
    parts.outboxes = std::make_shared<pool::Outboxes>();
    parts.inbox = std::make_shared<pool::Inbox>(
        self, state.mailboxes,
        [actor = state.refs.pool](pool::NodeId from, pool::Message message) {
            actor.send(pool::Heard{from, std::move(message)});
        },
        pool::boot_time());
    parts.crypto = state.crypto.get();
    if (!configuration.signal || !configuration.signal->nats) {
        parts.bus = std::make_shared<pool::NoBus>();
        out.bridge = std::make_shared<core::Alone>();
        return out;
    }

    const auto& nats = *configuration.signal->nats;
    adapters::nats::Settings settings;
    settings.endpoints = nats.endpoints;
    settings.cluster = nats.cluster;
    settings.role = "signal";
    settings.credentials_file = nats.credentials_file;
    adapters::nats::Events events;
    events.received = [inbox = parts.inbox](std::string_view envelope) { inbox->receive(envelope, pool::boot_time()); };
    events.state = [actor = state.refs.pool, connected = std::move(connected)](bool now) {
        actor.send(pool::BusState{now});
        connected(now);
    };
    auto bus = adapters::nats::Bus::open(std::move(settings), self, parts.outboxes, std::move(events));
    if (!bus) return tl::unexpected(bus.error());
    parts.alone = false;
    parts.bus = *bus;
    out.nats = *bus;
    out.bridge = std::make_shared<pool::PoolBridge>(parts.directory, parts.outboxes, parts.bus);
    return out;
}

std::map<std::string, std::uint64_t> dropped_mail(const Pool& pool) {
    const auto& sent = pool.directory.outboxes->counters();
    const auto& got = pool.directory.inbox->counters();
    return {{"overflow", sent.overflow},
            {"too_old", sent.too_old + got.too_old},
            {"too_large", sent.too_large},
            {"node_gone", sent.abandoned},
            {"not_here", got.not_here}};
}

void add_pool(adapters::metrics::Exposition& out, const Pool& pool) {
    if (!pool.nats) return;
    const auto now = std::chrono::steady_clock::now();
    pool.directory.directory->read([&](const pool::Replica& replica) {
        out.gauge("rookery_pool_nodes", "Nodes of the pool that this one knows, itself included",
                  static_cast<double>(replica.siblings().size() + 1));
        out.gauge("rookery_pool_addresses", "Registered agents of the whole pool",
                  static_cast<double>(replica.addresses()));
        out.gauge("rookery_pool_settled", "1 while all of every known node is here", replica.settled(now));
        const auto& c = replica.counters();
        const auto repairs = [&](const char* reason, std::uint64_t value) {
            out.counter("rookery_pool_directory_repairs_total", "Times that all of a node was asked for again", value,
                        {{"reason", reason}});
        };
        repairs("gap", c.gaps);
        repairs("digest", c.digest_mismatches);
        out.counter("rookery_pool_displaced_total", "Sessions ended since a newer one is on another node", c.displaced);
        out.counter("rookery_pool_nodes_lost_total", "Nodes that fell silent", c.nodes_lost);
    });
    const auto& sent = pool.directory.outboxes->counters();
    const auto& got = pool.directory.inbox->counters();
    out.counter("rookery_pool_messages_sent_total", "Messages posted to other nodes", sent.posted);
    out.counter("rookery_pool_messages_received_total", "Messages of other nodes handed to an agent's stream",
                got.delivered);
    for (const auto& [reason, count] : dropped_mail(pool))
        out.counter("rookery_pool_messages_dropped_total", "Messages between nodes that did not reach their agent",
                    count, {{"reason", reason}});
    out.counter("rookery_pool_envelopes_malformed_total", "Envelopes that could not be read", got.malformed);
    const auto nats = pool.nats->status();
    out.gauge("rookery_nats_connected", "1 while a NATS server is connected", nats.connected);
    out.counter("rookery_nats_reconnects_total", "Connections to NATS after the first", nats.reconnects);
    out.counter("rookery_nats_sent_total", "Envelopes published", nats.sent);
    out.counter("rookery_nats_received_total", "Envelopes received", nats.received);
    out.counter("rookery_nats_refused_total", "Envelopes not sent: no connection, or too much waits", nats.refused);
    out.counter("rookery_nats_failed_total", "Envelopes whose publishing failed", nats.failed);
    out.counter("rookery_nats_slow_consumer_total", "Times that NATS dropped what was not read in time",
                nats.slow_consumer);
}

}  // namespace rookery::runtime
