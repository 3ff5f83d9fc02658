#include "adapters/nats/bus.hpp"

#include <fmt/format.h>
#include <nats/nats.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "actors/core/faults.hpp"
#include "actors/core/log.hpp"
#include "actors/core/seldom.hpp"
#include "actors/pool/codec.hpp"
#include "config/text.hpp"

namespace rookery::adapters::nats {
namespace {

namespace log = core::log;
using core::ErrorKind;
using core::Result;

const core::faults::Point publish_fault{"nats.publish", core::faults::can_fail | core::faults::can_drop};
const core::faults::Point receive_fault{"nats.receive", core::faults::can_drop};

// Found a lost server within three seconds, and a killed one at once (config-ops §24.3). Milliseconds.
constexpr std::int64_t reconnect_wait = 100;
constexpr std::int64_t reconnect_jitter = 50;
constexpr std::int64_t ping_interval = 1'000;
constexpr int pings_outstanding = 2;
constexpr std::int64_t connect_timeout = 1'000;
constexpr std::int64_t write_deadline = 2'000;
constexpr std::int64_t close_timeout = 1'000;
// Nothing is published without a connection, so what the library keeps for a reconnect stays small.
constexpr int reconnect_buffer = 64 * 1024;

struct FreeOptions {
    void operator()(natsOptions* o) const { natsOptions_Destroy(o); }
};
struct FreeConnection {
    void operator()(natsConnection* c) const { natsConnection_Destroy(c); }
};
struct FreeSubscription {
    void operator()(natsSubscription* s) const { natsSubscription_Destroy(s); }
};

// Endpoints may carry a password; what is logged never does.
std::string listed(const std::vector<config::Secret>& endpoints) {
    std::string out;
    for (const auto& endpoint : endpoints) out += (out.empty() ? "" : ", ") + config::without_user(endpoint.reveal());
    return out;
}

}  // namespace

struct Bus::Parts {
    Settings settings;
    std::string inbox_prefix, all;
    Events events;

    std::unique_ptr<natsOptions, FreeOptions> options;
    std::unique_ptr<natsConnection, FreeConnection> connection;
    std::vector<std::unique_ptr<natsSubscription, FreeSubscription>> subscriptions;

    struct Waiting {
        std::string subject;
        std::string bytes;
    };
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Waiting> presence;
    std::size_t presence_bytes = 0;
    bool mail = false;
    bool closing = false;
    std::thread sender;

    core::Seldom failed_line;
    std::atomic<bool> connected{false};
    std::atomic<std::uint64_t> sent{0}, received{0}, refused{0}, failed{0}, slow_consumer{0};

    std::string inbox_of(pool::NodeId node) const { return fmt::format("{}{:016x}", inbox_prefix, node); }
    std::string server() const;
    std::string local_address() const;
    natsStatus configure();
    natsStatus subscribe(const std::string& subject);
    void set_connected(bool now);
    void publish(const std::string& subject, const std::string& bytes);
    void send_all();
    std::size_t largest() const;
};

std::string Bus::Parts::server() const {
    char url[512];
    if (!connected || natsConnection_GetConnectedUrl(connection.get(), url, sizeof url) != NATS_OK) return {};
    return config::without_user(url);
}

std::string Bus::Parts::local_address() const {
    char* address = nullptr;
    int port = 0;
    if (natsConnection_GetLocalIPAndPort(connection.get(), &address, &port) != NATS_OK) return {};
    std::string out(address);
    std::free(address);
    return out;
}

natsStatus Bus::Parts::configure() {
    natsOptions* raw = nullptr;
    auto status = natsOptions_Create(&raw);
    options.reset(raw);
    std::vector<const char*> servers;
    for (const auto& endpoint : settings.endpoints) servers.push_back(endpoint.reveal().c_str());
    const auto then = [&status](natsStatus next) {
        if (status == NATS_OK) status = next;
    };
    const auto on_state = [](natsConnection*, void* self) { static_cast<Parts*>(self)->set_connected(true); };
    const auto on_loss = [](natsConnection*, void* self) { static_cast<Parts*>(self)->set_connected(false); };
    const auto on_error = [](natsConnection*, natsSubscription*, natsStatus error, void* self) {
        if (error == NATS_SLOW_CONSUMER) static_cast<Parts*>(self)->slow_consumer.fetch_add(1);
    };
    then(natsOptions_SetServers(raw, servers.data(), static_cast<int>(servers.size())));
    then(natsOptions_SetName(raw, "rookery"));
    then(natsOptions_SetTimeout(raw, connect_timeout));
    then(natsOptions_SetAllowReconnect(raw, true));
    then(natsOptions_SetMaxReconnect(raw, -1));
    then(natsOptions_SetReconnectWait(raw, reconnect_wait));
    then(natsOptions_SetReconnectJitter(raw, reconnect_jitter, reconnect_jitter));
    then(natsOptions_SetReconnectBufSize(raw, reconnect_buffer));
    then(natsOptions_SetPingInterval(raw, ping_interval));
    then(natsOptions_SetMaxPingsOut(raw, pings_outstanding));
    then(natsOptions_SetWriteDeadline(raw, write_deadline));
    then(natsOptions_SetSendAsap(raw, true));
    then(natsOptions_UseGlobalMessageDelivery(raw, true));  // else a thread per subscription
    then(natsOptions_SetRetryOnFailedConnect(raw, true, on_state, this));
    then(natsOptions_SetReconnectedCB(raw, on_state, this));
    then(natsOptions_SetDisconnectedCB(raw, on_loss, this));
    then(natsOptions_SetErrorHandler(raw, on_error, this));
    const auto is_tls = [](const config::Secret& endpoint) { return endpoint.reveal().starts_with("tls://"); };
    if (std::any_of(settings.endpoints.begin(), settings.endpoints.end(), is_tls))
        then(natsOptions_SetSecure(raw, true));
    if (!settings.credentials_file.empty())
        then(natsOptions_SetUserCredentialsFromFiles(raw, settings.credentials_file.c_str(), nullptr));
    return status;
}

natsStatus Bus::Parts::subscribe(const std::string& subject) {
    natsSubscription* raw = nullptr;
    const auto on_message = [](natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
        auto& self = *static_cast<Parts*>(closure);
        self.received.fetch_add(1, std::memory_order_relaxed);
        if (receive_fault.pass() == core::faults::Verdict::go_on)
            self.events.received({natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))});
        natsMsg_Destroy(message);
    };
    auto status = natsConnection_Subscribe(&raw, connection.get(), subject.c_str(), on_message, this);
    subscriptions.emplace_back(raw);
    if (status == NATS_OK) status = natsSubscription_SetPendingLimits(raw, -1, settings.max_pending_bytes);
    return status;
}

void Bus::Parts::set_connected(bool now) {
    {
        std::lock_guard lock(mutex);
        if (closing || connected.exchange(now) == now) return;
    }
    if (now)
        log::info("NATS connected: {}", server());
    else
        log::warn("NATS connection lost; connecting again to one of {}", listed(settings.endpoints));
    changed.notify_one();
    events.state(now, now ? local_address() : "");
}

std::size_t Bus::Parts::largest() const {
    const auto limit = natsConnection_GetMaxPayload(connection.get());
    return limit <= 0 ? pool::max_envelope_bytes : std::min(pool::max_envelope_bytes, static_cast<std::size_t>(limit));
}

void Bus::Parts::publish(const std::string& subject, const std::string& bytes) {
    auto status = NATS_ERR;
    switch (publish_fault.pass()) {
        case core::faults::Verdict::drop: return;
        case core::faults::Verdict::fail: break;
        case core::faults::Verdict::go_on:
            status =
                natsConnection_Publish(connection.get(), subject.c_str(), bytes.data(), static_cast<int>(bytes.size()));
    }
    if (status == NATS_OK) {
        sent.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    failed.fetch_add(1, std::memory_order_relaxed);
    if (const auto times = failed_line.happened(std::chrono::steady_clock::now()))
        log::warn("NATS: publishing {} bytes to {} failed: {} ({} since the last such line)", bytes.size(), subject,
                  natsStatus_GetText(status), *times);
}

// The sender thread. Presence before mail: what the directory does not know yet, mail cannot find.
void Bus::Parts::send_all() {
    std::unique_lock lock(mutex);
    while (true) {
        changed.wait(lock, [this] { return closing || (connected && (!presence.empty() || mail)); });
        if (!connected || (closing && presence.empty())) return;
        if (!presence.empty()) {
            const auto next = std::move(presence.front());
            presence.pop_front();
            presence_bytes -= next.bytes.size();
            lock.unlock();
            publish(next.subject, next.bytes);
            lock.lock();
            continue;
        }
        mail = false;
        lock.unlock();
        const auto parcel = events.mail(largest());
        if (parcel) {
            const auto subject = parcel->to ? inbox_of(*parcel->to) : all;
            publish(subject, parcel->envelope);
            log::debug("published signal message to NATS subject {} ({} bytes)", subject, parcel->envelope.size());
        }
        lock.lock();
        mail = mail || parcel.has_value();
    }
}

Bus::Bus(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Bus::~Bus() {
    close();
}

Result<std::shared_ptr<Bus>> Bus::open(Settings settings, pool::NodeId self, Events events) {
    auto parts = std::make_unique<Parts>();
    auto& p = *parts;
    const auto prefix = fmt::format("rookery.{}.{}.", settings.cluster, settings.role);
    p.inbox_prefix = prefix + "inbox.";
    p.all = prefix + "all";
    p.settings = std::move(settings);
    p.events = std::move(events);

    nats_SetMessageDeliveryPoolSize(2);
    const auto refuse = [&p](natsStatus status) {
        return core::fail(
            ErrorKind::invalid_argument,
            fmt::format("NATS cannot be used with {}: {}", listed(p.settings.endpoints), natsStatus_GetText(status)));
    };
    if (const auto status = p.configure(); status != NATS_OK) return refuse(status);
    natsConnection* raw = nullptr;
    const auto status = natsConnection_Connect(&raw, p.options.get());
    p.connection.reset(raw);
    if (status != NATS_OK && status != NATS_NOT_YET_CONNECTED) return refuse(status);
    for (const auto& subject : {p.inbox_of(self), p.all})
        if (const auto subscribed = p.subscribe(subject); subscribed != NATS_OK) return refuse(subscribed);
    p.sender = std::thread([&p] { p.send_all(); });
    if (status == NATS_OK) {
        p.set_connected(true);
    } else {
        const char* why = nullptr;
        natsConnection_GetLastError(raw, &why);
        log::warn("NATS: none of {} answers ({}); trying on", listed(p.settings.endpoints),
                  why && *why ? why : natsStatus_GetText(status));
    }
    return std::shared_ptr<Bus>(new Bus(std::move(parts)));
}

bool Bus::send(std::optional<pool::NodeId> to, std::string envelope) {
    auto& p = *parts_;
    std::lock_guard lock(p.mutex);
    if (!p.connected || p.closing || p.presence_bytes + envelope.size() > p.settings.max_waiting_bytes) {
        p.refused.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    p.presence_bytes += envelope.size();
    p.presence.push_back({to ? p.inbox_of(*to) : p.all, std::move(envelope)});
    p.changed.notify_one();
    return true;
}

bool Bus::connected() const {
    return parts_->connected;
}

void Bus::mail_waits(std::optional<pool::NodeId>) {
    std::lock_guard lock(parts_->mutex);
    parts_->mail = true;
    parts_->changed.notify_one();
}

void Bus::close() {
    auto& p = *parts_;
    {
        std::lock_guard lock(p.mutex);
        if (std::exchange(p.closing, true)) return;
    }
    p.changed.notify_one();
    if (p.sender.joinable()) p.sender.join();
    if (p.connected) natsConnection_FlushTimeout(p.connection.get(), close_timeout);
    // Callbacks that run end first: none may find its closure gone.
    for (const auto& subscription : p.subscriptions) natsSubscription_Unsubscribe(subscription.get());
    natsConnection_Close(p.connection.get());
    p.subscriptions.clear();
    p.connection.reset();
}

Status Bus::status() const {
    const auto& p = *parts_;
    Status out;
    out.connected = p.connected;
    out.server = p.server();
    natsStatistics* raw = nullptr;
    if (natsStatistics_Create(&raw) == NATS_OK) {
        if (natsConnection_GetStats(p.connection.get(), raw) == NATS_OK)
            natsStatistics_GetCounts(raw, nullptr, nullptr, nullptr, nullptr, &out.reconnects);
        natsStatistics_Destroy(raw);
    }
    out.sent = p.sent;
    out.received = p.received;
    out.refused = p.refused;
    out.failed = p.failed;
    out.slow_consumer = p.slow_consumer;
    return out;
}

}  // namespace rookery::adapters::nats
