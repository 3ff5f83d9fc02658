// WebSocket frames as the relay uses them (RFC 6455 §5; spec signal-relay-stun §2.4): every message is one
// unfragmented binary frame, so a frame is a message. Pure: works in place on the reader's buffer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rookery::adapters::relay {

// Control frames have at most 125 bytes, relay messages at most 8820.
enum class Opcode : std::uint8_t { binary = 2, close = 8, ping = 9, pong = 10 };

inline constexpr std::size_t max_client_header = 14;  // with mask key
inline constexpr std::size_t max_server_header = 4;   // for payloads below 64 KiB

enum class FrameStatus : std::uint8_t {
    complete,
    incomplete,  // more bytes are needed
    violation,   // not a frame an agent may send
    oversized,   // larger than `limit`
};

struct DecodedFrame {
    FrameStatus status = FrameStatus::incomplete;
    Opcode opcode = Opcode::binary;
    std::span<std::uint8_t> payload;  // unmasked in place
    std::size_t consumed = 0;         // bytes of the whole frame
    const char* why = "";             // of a violation
};

// Decodes the first frame of `bytes`; a violation is reported as soon as the bytes at hand show it. `limit`: the
// largest binary payload allowed.
DecodedFrame decode_frame(std::span<std::uint8_t> bytes, std::size_t limit) noexcept;

// Writes the server's header directly in front of `payload` and returns its size (2 or 4). The bytes there must
// be writable; a client's header with its mask key is always long enough.
std::size_t write_header_before(std::uint8_t* payload, std::size_t size) noexcept;

// A server frame of its own memory, FIN set.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);

}  // namespace rookery::adapters::relay
