// The envelope between nodes (design §4.8): bytes that one node of a pool sends to others, by whatever way.
//
//   version  u8   1
//   kind     u8   Kind
//   sender   u64  NodeId of the sending process: its incarnation
//   body          by kind, codec.cpp
//
// Integers are little-endian; a text is u16 length + bytes, mail bytes u32 length + bytes. A decoder ignores what
// follows the fields it knows, so that a later version may add some: version N talks to N - 1.
// Limits: `max_envelope_bytes`; counts are checked against the bytes that are there before anything is allocated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "actors/core/error.hpp"
#include "actors/pool/messages.hpp"

namespace rookery::pool {

inline constexpr std::uint8_t envelope_version = 1;
inline constexpr std::size_t max_envelope_bytes = 1024 * 1024;  // what a NATS server takes by default
inline constexpr std::size_t max_key_bytes = 255;               // of a mailbox address
// What a mail adds to a batch, besides its key and its bytes.
inline constexpr std::size_t mail_overhead = 8;

enum class Kind : std::uint8_t {
    heartbeat = 1,
    announcement = 2,
    snapshot_request = 3,
    snapshot_part = 4,
    goodbye = 5,
    mail = 6,
    marker = 7,
};

inline constexpr std::size_t max_addresses = 4;  // of a node
inline constexpr std::size_t max_address_bytes = 255;

struct Envelope {
    NodeId sender = 0;
    std::variant<Message, MailBatch, Marker> content;
};

std::string encode(NodeId sender, const Message& message);
std::string encode(NodeId sender, const MailBatch& batch);
std::string encode(NodeId sender, const Marker& marker);

// The error names what is wrong and where; nothing of such bytes is used.
core::Result<Envelope> decode(std::string_view bytes);

// A part of several messages.
class Reader;
class Writer;
void write_direct(Writer& writer, const Direct& direct);
Direct read_direct(Reader& reader);

}  // namespace rookery::pool
