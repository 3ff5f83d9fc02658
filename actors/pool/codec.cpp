#include "actors/pool/codec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/pool/bytes.hpp"

namespace rookery::pool {
namespace {

constexpr std::size_t header_bytes = 10;
// The least that an element of a list takes: a count that promises more elements than fit is refused unread.
constexpr std::size_t least_claim = 1 + 2 + 8 + 4;
constexpr std::size_t least_change = least_claim + 1;
constexpr std::size_t least_mail = 1 + 1 + 2 + 4;
static_assert(least_mail == mail_overhead);

Writer begin(NodeId sender, Kind kind) {
    Writer w;
    w.integer(envelope_version);
    w.integer(static_cast<std::uint8_t>(kind));
    w.integer(sender);
    return w;
}

void write(Writer& w, const core::MailboxAddress& address) {
    w.integer(static_cast<std::uint8_t>(address.realm));
    w.text(address.key);
}

void write(Writer& w, const Claim& claim) {
    write(w, claim.address);
    w.integer(claim.millis);
    w.integer(claim.counter);
}

core::MailboxAddress read_address(Reader& r) {
    const auto realm = r.integer<std::uint8_t>();
    const auto key = r.text();
    if (realm > static_cast<std::uint8_t>(core::Realm::sync) || key.size() > max_key_bytes) r.fail();
    return {static_cast<core::Realm>(realm), std::string(key)};
}

Claim read_claim(Reader& r) {
    Claim claim;
    claim.address = read_address(r);
    claim.millis = r.integer<std::uint64_t>();
    claim.counter = r.integer<std::uint32_t>();
    return claim;
}

}  // namespace

void write_direct(Writer& w, const Direct& direct) {
    w.raw({reinterpret_cast<const char*>(direct.key.data()), direct.key.size()});
    w.integer(static_cast<std::uint8_t>(direct.addresses.size()));
    for (const auto& address : direct.addresses) w.text(address);
}

Direct read_direct(Reader& r) {
    Direct direct;
    const auto key = r.raw(direct.key.size());
    std::copy(key.begin(), key.end(), direct.key.begin());
    const auto addresses = r.integer<std::uint8_t>();
    if (addresses > max_addresses) r.fail();
    for (std::size_t i = 0; i < addresses && !r.failed(); ++i) {
        const auto address = r.text();
        if (address.size() > max_address_bytes) r.fail();
        direct.addresses.emplace_back(address);
    }
    return direct;
}

namespace {

std::string body(NodeId sender, const Heartbeat& h) {
    auto w = begin(sender, Kind::heartbeat);
    w.integer(h.sequence);
    w.integer(h.count);
    w.integer(h.digest);
    w.integer(h.clock_millis);
    w.flag(h.hello);
    w.text(h.card.name);
    w.text(h.card.version);
    write_direct(w, h.card.direct);
    return w.take();
}

std::string body(NodeId sender, const Announcement& a) {
    auto w = begin(sender, Kind::announcement);
    w.integer(a.sequence);
    w.integer(static_cast<std::uint32_t>(a.changes.size()));
    for (const auto& change : a.changes) {
        w.flag(change.present);
        write(w, change.claim);
    }
    return w.take();
}

std::string body(NodeId sender, const SnapshotRequest&) {
    return begin(sender, Kind::snapshot_request).take();
}

std::string body(NodeId sender, const SnapshotPart& p) {
    auto w = begin(sender, Kind::snapshot_part);
    w.integer(p.sequence);
    w.integer(p.part);
    w.integer(p.parts);
    w.integer(static_cast<std::uint32_t>(p.claims.size()));
    for (const auto& claim : p.claims) write(w, claim);
    return w.take();
}

std::string body(NodeId sender, const Goodbye&) {
    return begin(sender, Kind::goodbye).take();
}

Heartbeat heartbeat(Reader& r) {
    Heartbeat h;
    h.sequence = r.integer<std::uint64_t>();
    h.count = r.integer<std::uint64_t>();
    h.digest = r.integer<std::uint64_t>();
    h.clock_millis = r.integer<std::uint64_t>();
    h.hello = r.flag();
    h.card.name = r.text();
    h.card.version = r.text();
    if (!r.at_end()) h.card.direct = read_direct(r);  // else of a version without links
    return h;
}

Announcement announcement(Reader& r) {
    Announcement a;
    a.sequence = r.integer<std::uint64_t>();
    a.changes.resize(r.count(least_change));
    for (auto& change : a.changes) {
        change.present = r.flag();
        change.claim = read_claim(r);
    }
    return a;
}

SnapshotPart snapshot_part(Reader& r) {
    SnapshotPart p;
    p.sequence = r.integer<std::uint64_t>();
    p.part = r.integer<std::uint32_t>();
    p.parts = r.integer<std::uint32_t>();
    p.claims.resize(r.count(least_claim));
    for (auto& claim : p.claims) claim = read_claim(r);
    return p;
}

MailBatch mail_batch(Reader& r) {
    MailBatch batch;
    batch.sequence = r.integer<std::uint64_t>();
    batch.mails.resize(r.count(least_mail));
    for (auto& mail : batch.mails) {
        mail.broadcast = r.flag();
        mail.address = read_address(r);
        mail.bytes = std::make_shared<const std::string>(r.bytes());
    }
    return batch;
}

}  // namespace

std::string encode(NodeId sender, const Message& message) {
    return std::visit([&](const auto& m) { return body(sender, m); }, message);
}

std::string encode(NodeId sender, const MailBatch& batch) {
    auto w = begin(sender, Kind::mail);
    w.integer(batch.sequence);
    w.integer(static_cast<std::uint32_t>(batch.mails.size()));
    for (const auto& mail : batch.mails) {
        w.flag(mail.broadcast);
        write(w, mail.address);
        w.bytes(*mail.bytes);
    }
    return w.take();
}

std::string encode(NodeId sender, const Marker& marker) {
    auto w = begin(sender, Kind::marker);
    w.integer(marker.nonce);
    return w.take();
}

core::Result<Envelope> decode(std::string_view bytes) {
    const auto refuse = [](std::string why) {
        return core::fail(core::ErrorKind::bad_request, "envelope between nodes: " + std::move(why));
    };
    if (bytes.size() < header_bytes) return refuse(fmt::format("{} bytes are no header", bytes.size()));
    if (bytes.size() > max_envelope_bytes) return refuse(fmt::format("{} bytes are too many", bytes.size()));
    Reader r(bytes);
    if (const auto version = r.integer<std::uint8_t>(); version != envelope_version)
        return refuse(fmt::format("version {} is not {}", version, envelope_version));
    const auto kind = r.integer<std::uint8_t>();
    Envelope envelope;
    envelope.sender = r.integer<std::uint64_t>();
    switch (static_cast<Kind>(kind)) {
        case Kind::heartbeat: envelope.content = Message(heartbeat(r)); break;
        case Kind::announcement: envelope.content = Message(announcement(r)); break;
        case Kind::snapshot_request: envelope.content = Message(SnapshotRequest{}); break;
        case Kind::snapshot_part: envelope.content = Message(snapshot_part(r)); break;
        case Kind::goodbye: envelope.content = Message(Goodbye{}); break;
        case Kind::mail: envelope.content = mail_batch(r); break;
        case Kind::marker: envelope.content = Marker{r.integer<std::uint64_t>()}; break;
        default: return refuse(fmt::format("kind {} is unknown", kind));
    }
    if (r.failed()) return refuse(fmt::format("kind {} ends or goes wrong after byte {}", kind, r.position()));
    return envelope;
}

}  // namespace rookery::pool
