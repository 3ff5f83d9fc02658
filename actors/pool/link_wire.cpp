#include "actors/pool/link_wire.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/pool/bytes.hpp"

namespace rookery::pool {
namespace {

constexpr std::string_view magic = "RKLK";
constexpr std::size_t least_member = 8 + sizeof(Key) + 1;

enum class LinkKind : std::uint8_t { ping = 1, pong = 2, members = 3, carried = 4 };

tl::unexpected<core::Error> refuse(std::string why) {
    return core::fail(core::ErrorKind::bad_request, std::move(why));
}

void write(Writer& w, const Key& key) {
    w.raw({reinterpret_cast<const char*>(key.data()), key.size()});
}

Key read_key(Reader& r) {
    Key key{};
    const auto bytes = r.raw(key.size());
    std::copy(bytes.begin(), bytes.end(), key.begin());
    return key;
}

Writer begin(LinkKind kind) {
    Writer w;
    w.integer(static_cast<std::uint8_t>(kind));
    return w;
}

std::string body(const Unknown&) {
    return {};
}

std::string body(const Ping& ping) {
    auto w = begin(LinkKind::ping);
    w.integer(ping.stamp);
    w.flag(ping.has_bus);
    w.flag(ping.hears_you);
    return w.take();
}

std::string body(const Pong& pong) {
    auto w = begin(LinkKind::pong);
    w.integer(pong.stamp);
    return w.take();
}

std::string body(const Members& members) {
    auto w = begin(LinkKind::members);
    w.integer(static_cast<std::uint32_t>(members.nodes.size()));
    for (const auto& member : members.nodes) {
        w.integer(member.node);
        write_direct(w, member.direct);
    }
    return w.take();
}

std::string body(const Carried& carried) {
    auto w = begin(LinkKind::carried);
    w.raw(carried.envelope);
    return w.take();
}

Members read_members(Reader& r) {
    Members members;
    const auto count = r.count(least_member);
    if (count > max_members) r.fail();
    for (std::uint32_t i = 0; i < count && !r.failed(); ++i) {
        const auto node = r.integer<std::uint64_t>();
        members.nodes.push_back({node, read_direct(r)});
    }
    return members;
}

}  // namespace

std::string framed(std::string_view content) {
    Writer w;
    w.bytes(content);
    return w.take();
}

std::string encode(const Greeting& greeting) {
    Writer w;
    w.raw(magic);
    w.integer(greeting.version);
    w.integer(greeting.from);
    w.integer(greeting.to);
    write(w, greeting.key);
    write(w, greeting.nonce);
    return w.take();
}

core::Result<Greeting> decode_greeting(std::string_view bytes) {
    Reader r(bytes);
    if (r.raw(magic.size()) != magic) return refuse("not a node of a pool: it does not greet");
    Greeting greeting;
    greeting.version = r.integer<std::uint8_t>();
    greeting.from = r.integer<std::uint64_t>();
    greeting.to = r.integer<std::uint64_t>();
    greeting.key = read_key(r);
    greeting.nonce = read_key(r);
    if (r.failed()) return refuse(fmt::format("a greeting of {} bytes is cut short", bytes.size()));
    if (greeting.version < oldest_link_version)
        return refuse(fmt::format("link version {} is older than {}", greeting.version, oldest_link_version));
    return greeting;
}

std::string encode(const LinkMessage& message) {
    return std::visit([](const auto& m) { return body(m); }, message);
}

core::Result<LinkMessage> decode_link_message(std::string_view bytes) {
    Reader r(bytes);
    const auto kind = r.integer<std::uint8_t>();
    LinkMessage message;
    switch (static_cast<LinkKind>(kind)) {
        case LinkKind::ping: {
            Ping ping;
            ping.stamp = r.integer<std::uint64_t>();
            ping.has_bus = r.flag();
            ping.hears_you = r.flag();
            message = ping;
            break;
        }
        case LinkKind::pong: message = Pong{r.integer<std::uint64_t>()}; break;
        case LinkKind::members: message = read_members(r); break;
        case LinkKind::carried: message = Carried{std::string(r.rest())}; break;
        default: break;
    }
    if (r.failed()) return refuse(fmt::format("kind {} ends or goes wrong after byte {}", kind, r.position()));
    return message;
}

}  // namespace rookery::pool
