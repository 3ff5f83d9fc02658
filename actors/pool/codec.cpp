#include "actors/pool/codec.hpp"

#include <fmt/format.h>

#include <type_traits>

namespace rookery::pool {
namespace {

constexpr std::size_t header_bytes = 10;
// The least that an element of a list takes: a count that promises more elements than fit is refused unread.
constexpr std::size_t least_claim = 1 + 2 + 8 + 4;
constexpr std::size_t least_change = least_claim + 1;
constexpr std::size_t least_mail = 1 + 1 + 2 + 4;
static_assert(least_mail == mail_overhead);

class Writer {
public:
    Writer(NodeId sender, Kind kind) {
        integer(envelope_version);
        integer(static_cast<std::uint8_t>(kind));
        integer(sender);
    }
    template <class T>
    void integer(T value) {
        static_assert(std::is_unsigned_v<T>);
        for (std::size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
    }
    void text(std::string_view value) {
        integer(static_cast<std::uint16_t>(value.size()));
        out_.append(value);
    }
    void bytes(std::string_view value) {
        integer(static_cast<std::uint32_t>(value.size()));
        out_.append(value);
    }
    void address(const core::MailboxAddress& address) {
        integer(static_cast<std::uint8_t>(address.realm));
        text(address.key);
    }
    void claim(const Claim& claim) {
        address(claim.address);
        integer(claim.millis);
        integer(claim.counter);
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

// Once something is missing, everything after it reads as zero and failed() says so.
class Reader {
public:
    explicit Reader(std::string_view bytes) : all_(bytes.size()), left_(bytes) {}

    template <class T>
    T integer() {
        const auto raw = take(sizeof(T));
        T value = 0;
        for (std::size_t i = 0; i < raw.size(); ++i)
            value |= static_cast<T>(static_cast<T>(static_cast<std::uint8_t>(raw[i])) << (8 * i));
        return value;
    }
    std::string_view text() { return take(integer<std::uint16_t>()); }
    std::string_view bytes() { return take(integer<std::uint32_t>()); }
    core::MailboxAddress address() {
        const auto realm = integer<std::uint8_t>();
        const auto key = text();
        if (realm > static_cast<std::uint8_t>(core::Realm::sync) || key.size() > max_key_bytes) fail();
        return {static_cast<core::Realm>(realm), std::string(key)};
    }
    Claim claim() {
        Claim claim;
        claim.address = address();
        claim.millis = integer<std::uint64_t>();
        claim.counter = integer<std::uint32_t>();
        return claim;
    }
    // The length of a list whose elements take at least `least` bytes.
    std::uint32_t count(std::size_t least) {
        const auto n = integer<std::uint32_t>();
        if (n > left_.size() / least) fail();
        return failed_ ? 0 : n;
    }
    bool failed() const { return failed_; }
    std::size_t position() const { return all_ - left_.size(); }

private:
    void fail() { failed_ = true; }
    std::string_view take(std::size_t n) {
        if (failed_ || n > left_.size()) {
            fail();
            return {};
        }
        const auto out = left_.substr(0, n);
        left_.remove_prefix(n);
        return out;
    }
    const std::size_t all_;
    std::string_view left_;
    bool failed_ = false;
};

std::string body(NodeId sender, const Heartbeat& h) {
    Writer w(sender, Kind::heartbeat);
    w.integer(h.sequence);
    w.integer(h.count);
    w.integer(h.digest);
    w.integer(h.clock_millis);
    w.integer(static_cast<std::uint8_t>(h.hello));
    w.text(h.card.name);
    w.text(h.card.version);
    return w.take();
}

std::string body(NodeId sender, const Announcement& a) {
    Writer w(sender, Kind::announcement);
    w.integer(a.sequence);
    w.integer(static_cast<std::uint32_t>(a.changes.size()));
    for (const auto& change : a.changes) {
        w.integer(static_cast<std::uint8_t>(change.present));
        w.claim(change.claim);
    }
    return w.take();
}

std::string body(NodeId sender, const SnapshotRequest&) {
    return Writer(sender, Kind::snapshot_request).take();
}

std::string body(NodeId sender, const SnapshotPart& p) {
    Writer w(sender, Kind::snapshot_part);
    w.integer(p.sequence);
    w.integer(p.part);
    w.integer(p.parts);
    w.integer(static_cast<std::uint32_t>(p.claims.size()));
    for (const auto& claim : p.claims) w.claim(claim);
    return w.take();
}

std::string body(NodeId sender, const Goodbye&) {
    return Writer(sender, Kind::goodbye).take();
}

Heartbeat heartbeat(Reader& r) {
    Heartbeat h;
    h.sequence = r.integer<std::uint64_t>();
    h.count = r.integer<std::uint64_t>();
    h.digest = r.integer<std::uint64_t>();
    h.clock_millis = r.integer<std::uint64_t>();
    h.hello = r.integer<std::uint8_t>() != 0;
    h.card.name = r.text();
    h.card.version = r.text();
    return h;
}

Announcement announcement(Reader& r) {
    Announcement a;
    a.sequence = r.integer<std::uint64_t>();
    a.changes.resize(r.count(least_change));
    for (auto& change : a.changes) {
        change.present = r.integer<std::uint8_t>() != 0;
        change.claim = r.claim();
    }
    return a;
}

SnapshotPart snapshot_part(Reader& r) {
    SnapshotPart p;
    p.sequence = r.integer<std::uint64_t>();
    p.part = r.integer<std::uint32_t>();
    p.parts = r.integer<std::uint32_t>();
    p.claims.resize(r.count(least_claim));
    for (auto& claim : p.claims) claim = r.claim();
    return p;
}

MailBatch mail_batch(Reader& r) {
    MailBatch batch;
    batch.sequence = r.integer<std::uint64_t>();
    batch.mails.resize(r.count(least_mail));
    for (auto& mail : batch.mails) {
        mail.broadcast = r.integer<std::uint8_t>() != 0;
        mail.address = r.address();
        mail.bytes = std::make_shared<const std::string>(r.bytes());
    }
    return batch;
}

}  // namespace

std::string encode(NodeId sender, const Message& message) {
    return std::visit([&](const auto& m) { return body(sender, m); }, message);
}

std::string encode(NodeId sender, const MailBatch& batch) {
    Writer w(sender, Kind::mail);
    w.integer(batch.sequence);
    w.integer(static_cast<std::uint32_t>(batch.mails.size()));
    for (const auto& mail : batch.mails) {
        w.integer(static_cast<std::uint8_t>(mail.broadcast));
        w.address(mail.address);
        w.bytes(*mail.bytes);
    }
    return w.take();
}

std::string encode(NodeId sender, const Marker& marker) {
    Writer w(sender, Kind::marker);
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
