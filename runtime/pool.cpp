#include "runtime/pool.hpp"

#include <unistd.h>

#include "actors/pool/ways.hpp"
#include "adapters/crypto/link_crypto.hpp"
#include "runtime/version.hpp"

namespace rookery::runtime {
namespace {

using core::Result;

pool::NodeId new_node_id(const core::Crypto& crypto) {
    pool::NodeId id = 0;
    crypto.random(&id, sizeof id);
    return id;
}

using Links = adapters::links::Links;
using Nats = adapters::nats::Bus;
using Ways = std::shared_ptr<pool::Ways>;

Result<std::shared_ptr<Links>> open_links(const config::Nats& configuration, pool::NodeId self, adapters::io::Pool& io,
                                          const pool::LinkCrypto& crypto, const pool::DirectoryParts& parts,
                                          const Ways& ways) {
    adapters::links::Settings settings;
    settings.listen = configuration.link_listen;
    settings.advertise = configuration.link_address;
    adapters::links::Events events;
    events.received = [inbox = parts.inbox](pool::NodeId from, std::string_view envelope) {
        inbox->receive(from, envelope, pool::boot_time());
    };
    events.routes_changed = [ways] { ways->changed(); };
    events.mail = [ways](pool::NodeId node) { return ways->for_link(node, std::chrono::steady_clock::now()); };
    return Links::open(io, std::move(settings), self, crypto, parts.routes, std::move(events));
}

Result<std::shared_ptr<Nats>> open_bus(const config::Nats& configuration, pool::NodeId self,
                                       const pool::DirectoryParts& parts, const Ways& ways,
                                       const std::shared_ptr<Links>& links, core::Ref<pool::DirectoryHandle> actor,
                                       std::function<void(bool)> connected) {
    adapters::nats::Settings settings;
    settings.endpoints = configuration.endpoints;
    settings.cluster = configuration.cluster;
    settings.role = "signal";
    settings.credentials_file = configuration.credentials_file;
    adapters::nats::Events events;
    events.received = [inbox = parts.inbox](std::string_view envelope) { inbox->receive(envelope, pool::boot_time()); };
    events.state = [actor, connected = std::move(connected), routes = parts.routes, links, ways](
                       bool now, const std::string& local) {
        routes->set_bus(now);
        links->set_local(local);
        links->bus_changed();
        ways->changed();
        actor.send(pool::BusState{now});
        connected(now);
    };
    events.mail = [ways](std::size_t max) { return ways->for_bus(max, std::chrono::steady_clock::now()); };
    return Nats::open(std::move(settings), self, std::move(events));
}

std::string host_name() {
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    return name;
}

}  // namespace

std::vector<pool::LinkView> Pool::links() const {
    return direct ? direct->views() : std::vector<pool::LinkView>{};
}

void Pool::close() {
    if (direct) direct->close();
    if (nats) nats->close();
}

Result<Pool> open_pool(const config::Config& configuration, const State& state, adapters::io::Pool& io,
                       std::function<void(bool)> connected) {
    Pool out;
    out.crypto = std::make_shared<adapters::crypto::SodiumLinkCrypto>();
    const auto secret =
        configuration.signal && configuration.signal->nats ? configuration.signal->nats->secret : config::Secret{};
    const pool::EnvelopeMac mac(*out.crypto, secret.reveal());
    auto& parts = out.directory;
    const auto self = new_node_id(*state.crypto);
    parts.directory = std::make_shared<pool::Directory>(self, pool::Card{host_name(), version, {}},
                                                        pool::ReplicaSettings{}, std::chrono::steady_clock::now());
    parts.mailboxes = state.mailboxes;
    parts.outboxes = std::make_shared<pool::Outboxes>();
    parts.routes = std::make_shared<pool::Routes>();
    parts.inbox = std::make_shared<pool::Inbox>(
        self, mac, state.mailboxes, parts.routes,
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
    const auto ways = std::make_shared<pool::Ways>(self, mac, parts.routes, parts.outboxes);
    parts.alone = false;
    parts.bus = ways;
    out.bridge = std::make_shared<pool::PoolBridge>(parts.directory, parts.outboxes, ways, parts.inbox);
    const auto& settings = *configuration.signal->nats;

    auto links = open_links(settings, self, io, *out.crypto, parts, ways);
    if (!links) return tl::unexpected(links.error());
    parts.links = out.direct = *links;
    auto bus = open_bus(settings, self, parts, ways, *links, state.refs.pool, std::move(connected));
    if (!bus) return tl::unexpected(bus.error());
    out.nats = *bus;
    ways->use(out.nats, out.direct);
    return out;
}

std::map<std::string, std::uint64_t> dropped_mail(const Pool& pool) {
    const auto& sent = pool.directory.outboxes->counters();
    const auto& got = pool.directory.inbox->counters();
    return {{"overflow", sent.overflow},   {"too_old", sent.too_old + got.too_old},
            {"too_large", sent.too_large}, {"node_gone", sent.abandoned},
            {"not_here", got.not_here},    {"repeated", got.repeated}};
}

namespace {

void add_links(adapters::metrics::Exposition& out, const Pool& pool) {
    const auto& c = pool.direct->counters();
    std::size_t up = 0, by_link = 0;
    std::uint64_t queued = 0;
    for (const auto& link : pool.links()) {
        up += link.state == pool::LinkState::up;
        by_link += link.way == pool::Way::link;
        queued += link.queued_bytes;
    }
    out.gauge("rookery_pool_links_up", "Nodes with a direct link to this one", static_cast<double>(up));
    out.gauge("rookery_pool_links_in_use",
              "Nodes that get their messages over the link, since NATS does not reach them",
              static_cast<double>(by_link));
    out.gauge("rookery_pool_link_queued_bytes", "Waiting for direct links", static_cast<double>(queued));
    out.counter("rookery_pool_link_opened_total", "Direct links that came up", c.opened);
    out.counter("rookery_pool_link_lost_total", "Direct links that ended", c.lost);
    out.counter("rookery_pool_link_failed_total", "Attempts to reach another node directly that failed", c.failed);
    const auto refused = [&](const char* reason, std::uint64_t value) {
        out.counter("rookery_pool_link_refused_total", "Connections to the link port that were no other node's", value,
                    {{"reason", reason}});
    };
    refused("protocol", c.refused);
    refused("too_slow", c.slow);
    refused("over_limit", c.full);
    out.counter("rookery_pool_link_sent_total", "Envelopes sent over direct links", c.sent);
    out.counter("rookery_pool_link_received_total", "Envelopes received over direct links", c.received);
    out.counter("rookery_pool_link_dropped_total", "Envelopes not sent: too much waited, or the link ended", c.dropped);
}

}  // namespace

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
    out.counter("rookery_pool_envelopes_malformed_total",
                "Envelopes that could not be read, or that came over the link of another node",
                got.malformed + got.foreign);
    add_links(out, pool);
    out.counter("rookery_pool_envelopes_wrong_mac_total", "Envelopes without the MAC of this pool's secret",
                got.wrong_mac);
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
