#include "adapters/links/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "actors/core/faults.hpp"
#include "actors/core/log.hpp"
#include "actors/core/seldom.hpp"
#include "actors/pool/inbox.hpp"
#include "adapters/io/address.hpp"
#include "config/endpoint.hpp"

namespace rookery::adapters::links {
namespace {

namespace asio = boost::asio;
namespace log = core::log;
using asio::ip::tcp;
using boost::system::error_code;
using pool::Connection;
using pool::LinkEffects;

const core::faults::Point dial_fault{"links.dial", core::faults::can_fail};
const core::faults::Point read_fault{"links.read", core::faults::can_fail};

constexpr auto tick = std::chrono::milliseconds(100);

// It goes on while the machine sleeps: what came meanwhile is seen to be old.
core::SteadyTime now() {
    return core::SteadyTime(pool::boot_time());
}

std::function<double()> random_chance() {
    return [engine = std::minstd_rand(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0, 1)(engine);
    };
}

std::string with_port(const std::string& host, std::uint16_t port) {
    const auto split = config::split_host_port(host);
    return split && split->port ? host : fmt::format("{}:{}", config::bracketed(host), port);
}

struct Socket {
    explicit Socket(asio::io_context& context) : stream(context), resolver(context) {}
    tcp::socket stream;
    tcp::resolver resolver;
    bool open = false;
    std::string writing;  // empty: nothing is
    std::array<char, 64 * 1024> read;
};

}  // namespace

struct Links::Shared : std::enable_shared_from_this<Links::Shared> {
    Shared(asio::io_context& io, Settings s, pool::LinkSelf self, const pool::LinkCrypto& crypto,
           std::shared_ptr<pool::Routes> r, Events e)
        : context(io),
          settings(std::move(s)),
          events(std::move(e)),
          routes(std::move(r)),
          acceptor(io),
          timer(io),
          protocol(self, crypto, *routes, settings.protocol, random_chance(), now()) {
        direct.key = self.keys.public_key;
    }

    asio::io_context& context;
    const Settings settings;
    const Events events;
    const std::shared_ptr<pool::Routes> routes;
    std::uint16_t port = 0;

    // Of the context alone.
    tcp::acceptor acceptor;
    core::Seldom refused_line;
    asio::steady_timer timer;
    std::map<Connection, std::shared_ptr<Socket>> sockets;
    bool closed = false;

    mutable std::mutex mutex;  // of what follows
    pool::Links protocol;
    pool::Direct direct;

    error_code bind();
    void accept_next();
    void keep_time();

    // Any thread: the effects are carried out on the context.
    template <class Change>
    auto change(const Change& what) {
        LinkEffects effects;
        std::unique_lock lock(mutex);
        if constexpr (std::is_void_v<decltype(what(protocol, effects))>) {
            what(protocol, effects);
            lock.unlock();
            post(std::move(effects));
        } else {
            const auto result = what(protocol, effects);
            lock.unlock();
            post(std::move(effects));
            return result;
        }
    }
    void post(LinkEffects effects) {
        asio::post(context, [self = shared_from_this(), effects = std::move(effects)] { self->perform(effects); });
    }
    // On the context.
    template <class Change>
    void change_here(const Change& what) {
        LinkEffects effects;
        {
            std::lock_guard lock(mutex);
            what(protocol, effects);
        }
        perform(effects);
    }
    void perform(const LinkEffects& effects);
    void dial(Connection connection, const std::string& address);
    void opened(Connection connection, const std::shared_ptr<Socket>& socket);
    void read(Connection connection, const std::shared_ptr<Socket>& socket);
    void pump(Connection connection);
    std::string next_bytes(Connection connection);
    void ended(Connection connection, const error_code& why);
    void end();
    bool current(Connection connection, const std::shared_ptr<Socket>& socket) const {
        const auto it = sockets.find(connection);
        return it != sockets.end() && it->second == socket;
    }
};

error_code Links::Shared::bind() {
    error_code ec;
    const auto one = [&](const asio::ip::address& address) {
        acceptor.close(ec);
        const tcp::endpoint where(address, settings.listen.port);
        if (acceptor.open(where.protocol(), ec)) return;
        acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
        if (address.is_v6()) acceptor.set_option(asio::ip::v6_only(!address.is_unspecified()), ec);
        if (!acceptor.bind(where, ec)) acceptor.listen(128, ec);
    };
    if (settings.listen.host.empty()) {
        one(asio::ip::address_v6::any());
        if (ec && ec != asio::error::address_in_use) one(asio::ip::address_v4::any());
    } else {
        tcp::resolver resolver(context);
        const auto found =
            resolver.resolve(settings.listen.host, std::to_string(settings.listen.port), tcp::resolver::passive, ec);
        if (!ec) one(found.begin()->endpoint().address());
    }
    if (!ec) port = acceptor.local_endpoint(ec).port();
    return ec;
}

void Links::Shared::accept_next() {
    acceptor.async_accept(context, [self = shared_from_this()](error_code ec, tcp::socket accepted) {
        if (self->closed) return;
        if (ec) {
            if (const auto times = self->refused_line.happened(std::chrono::steady_clock::now()))
                log::warn("cannot accept a link: {}; trying again every 100 ms ({} since the last such line)",
                          ec.message(), *times);
            self->timer.async_wait([self](error_code) {
                if (!self->closed) self->accept_next();
            });
            return;
        }
        const auto socket = std::make_shared<Socket>(self->context);
        socket->stream = std::move(accepted);
        std::optional<Connection> connection;
        {
            std::lock_guard lock(self->mutex);
            connection = self->protocol.accept(io::remote_text(socket->stream), now());
        }
        if (connection) {
            self->sockets.emplace(*connection, socket);
            self->opened(*connection, socket);
        }
        self->accept_next();
    });
}

void Links::Shared::keep_time() {
    timer.expires_after(tick);
    timer.async_wait([self = shared_from_this()](error_code) {
        if (self->closed) return;
        self->change_here([](auto& protocol, auto& effects) { protocol.tick(now(), effects); });
        self->keep_time();
    });
}

void Links::Shared::perform(const LinkEffects& effects) {
    if (closed) return;
    for (const auto& [from, envelope] : effects.received) events.received(from, envelope);
    for (const auto& [connection, address] : effects.dial) dial(connection, address);
    for (const auto connection : effects.ready) pump(connection);
    for (const auto connection : effects.close) {
        const auto it = sockets.find(connection);
        if (it == sockets.end()) continue;
        error_code ignored;
        it->second->resolver.cancel();
        it->second->stream.close(ignored);
        sockets.erase(it);
    }
    if (effects.routes_changed) events.routes_changed();
}

void Links::Shared::dial(Connection connection, const std::string& address) {
    const auto socket = std::make_shared<Socket>(context);
    sockets.emplace(connection, socket);
    if (dial_fault.pass() != core::faults::Verdict::go_on) return ended(connection, asio::error::connection_refused);
    const auto where = config::split_host_port(address);
    if (!where || !where->port) return ended(connection, asio::error::invalid_argument);
    socket->resolver.async_resolve(
        where->host, *where->port, [self = shared_from_this(), connection, socket](error_code ec, const auto& found) {
            if (!self->current(connection, socket)) return;
            if (ec) return self->ended(connection, ec);
            asio::async_connect(socket->stream, found, [self, connection, socket](error_code failed, const auto&) {
                if (!self->current(connection, socket)) return;
                if (failed) return self->ended(connection, failed);
                self->opened(connection, socket);
                self->change_here([&](auto& protocol, auto& effects) { protocol.dialed(connection, now(), effects); });
            });
        });
}

void Links::Shared::opened(Connection connection, const std::shared_ptr<Socket>& socket) {
    error_code ignored;
    socket->stream.set_option(tcp::no_delay(true), ignored);
    socket->open = true;
    read(connection, socket);
}

void Links::Shared::read(Connection connection, const std::shared_ptr<Socket>& socket) {
    socket->stream.async_read_some(asio::buffer(socket->read),
                                   [self = shared_from_this(), connection, socket](error_code ec, std::size_t size) {
                                       if (!self->current(connection, socket)) return;
                                       if (!ec && read_fault.pass() != core::faults::Verdict::go_on)
                                           ec = asio::error::connection_reset;
                                       if (ec) return self->ended(connection, ec);
                                       self->change_here([&](auto& protocol, auto& effects) {
                                           protocol.receive(connection, {socket->read.data(), size}, now(), effects);
                                       });
                                       if (self->current(connection, socket)) self->read(connection, socket);
                                   });
}

// What the protocol has to say, then mail: as much as is written at once, so that what waits is bounded where it waits.
std::string Links::Shared::next_bytes(Connection connection) {
    std::optional<pool::NodeId> node;
    {
        std::lock_guard lock(mutex);
        auto bytes = protocol.take(connection);
        if (!bytes.empty()) return bytes;
        node = protocol.node_of(connection);
    }
    if (!node) return {};
    auto mail = events.mail(*node);
    if (!mail) return {};
    std::lock_guard lock(mutex);
    return protocol.seal(connection, std::move(*mail));
}

void Links::Shared::pump(Connection connection) {
    const auto it = sockets.find(connection);
    if (it == sockets.end() || !it->second->open || !it->second->writing.empty()) return;
    const auto socket = it->second;
    socket->writing = next_bytes(connection);
    if (socket->writing.empty()) return;
    asio::async_write(socket->stream, asio::buffer(socket->writing),
                      [self = shared_from_this(), connection, socket](error_code ec, std::size_t) {
                          socket->writing.clear();
                          if (!self->current(connection, socket)) return;
                          ec ? self->ended(connection, ec) : self->pump(connection);
                      });
}

void Links::Shared::ended(Connection connection, const error_code& why) {
    sockets.erase(connection);
    change_here([&](auto& protocol, auto& effects) {
        protocol.ended(connection, why == asio::error::eof ? "closed by the other side" : why.message(), now(),
                       effects);
    });
}

void Links::Shared::end() {
    closed = true;
    error_code ignored;
    acceptor.close(ignored);
    timer.cancel();
    for (auto& [connection, socket] : sockets) {
        socket->resolver.cancel();
        socket->stream.close(ignored);
    }
    sockets.clear();
}

core::Result<std::shared_ptr<Links>> Links::open(io::Pool& io, Settings settings, pool::NodeId self,
                                                 const pool::LinkCrypto& crypto, std::shared_ptr<pool::Routes> routes,
                                                 Events events) {
    const auto shared =
        std::make_shared<Shared>(io.next(), std::move(settings), pool::LinkSelf{self, crypto.new_keys()}, crypto,
                                 std::move(routes), std::move(events));
    if (const auto ec = shared->bind())
        return core::fail(core::ErrorKind::unavailable,
                          fmt::format("cannot listen for other nodes on {}: {}; set ROOKERY_LINK_LISTEN",
                                      config::to_string(shared->settings.listen), ec.message()));
    if (!shared->settings.advertise.empty())
        shared->direct.addresses = {with_port(shared->settings.advertise, shared->port)};
    log::info("direct links between nodes: listening on port {}", shared->port);
    asio::post(shared->context, [shared] {
        shared->accept_next();
        shared->keep_time();
    });
    return std::shared_ptr<Links>(new Links(shared));
}

Links::~Links() {
    close();
}

pool::Direct Links::own() const {
    std::lock_guard lock(shared_->mutex);
    return shared_->direct;
}

void Links::set_local(const std::string& address) {
    if (address.empty() || !shared_->settings.advertise.empty()) return;
    std::lock_guard lock(shared_->mutex);
    shared_->direct.addresses = {with_port(address, shared_->port)};
}

void Links::know(pool::NodeId node, const pool::Direct& direct) {
    shared_->change([&](auto& protocol, auto& effects) { protocol.know(node, direct, now(), effects); });
}

void Links::lose(pool::NodeId node) {
    shared_->change([&](auto& protocol, auto&) { protocol.lose(node, now()); });
}

void Links::departed(pool::NodeId node) {
    shared_->change([&](auto& protocol, auto& effects) { protocol.departed(node, effects); });
}

bool Links::send(pool::NodeId node, std::string envelope) {
    return shared_->change(
        [&](auto& protocol, auto& effects) { return protocol.send(node, std::move(envelope), effects); });
}

void Links::bus_changed() {
    shared_->change([](auto& protocol, auto& effects) { protocol.bus_changed(now(), effects); });
}

void Links::mail_waits(std::optional<pool::NodeId> node) {
    asio::post(shared_->context, [shared = shared_, node] {
        std::vector<Connection> connections;
        {
            std::lock_guard lock(shared->mutex);
            for (const auto& linked : shared->routes->linked())
                if (!node || linked.node == *node)
                    if (const auto connection = shared->protocol.connection_to(linked.node))
                        connections.push_back(*connection);
        }
        for (const auto connection : connections) shared->pump(connection);
    });
}

std::vector<pool::LinkView> Links::views() const {
    std::lock_guard lock(shared_->mutex);
    return shared_->protocol.views();
}

const pool::LinkCounters& Links::counters() const {
    return shared_->protocol.counters();
}

void Links::close() {
    if (closing_.exchange(true)) return;
    std::promise<void> done;
    asio::post(shared_->context, [&] {
        shared_->end();
        done.set_value();
    });
    done.get_future().wait();
}

}  // namespace rookery::adapters::links
