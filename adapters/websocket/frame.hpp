// WebSocket frames as a server reads and writes them (RFC 6455 §5). Pure: works in place on the reader's buffer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rookery::adapters::websocket {

// Control frames (close and above) have at most 125 bytes.
enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Which data frames the reader understands.
enum class Accept : std::uint8_t {
    whole_binary,  // every message is one binary frame that is not empty, so a frame is a message (the relay)
    any,           // also text, fragments and empty ones
};

// Status codes of close frames (RFC 6455 §7.4.1).
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    too_big = 1009,
    internal_error = 1011,
};

inline constexpr std::size_t max_client_header = 14;  // with mask key
inline constexpr std::size_t max_server_header = 4;   // for payloads below 64 KiB

enum class FrameStatus : std::uint8_t {
    complete,
    incomplete,  // more bytes are needed
    violation,   // not a frame a client may send here
    oversized,   // larger than `limit`
};

struct DecodedFrame {
    FrameStatus status = FrameStatus::incomplete;
    Opcode opcode = Opcode::binary;
    bool last = true;                 // FIN: the message ends with this frame
    std::span<std::uint8_t> payload;  // unmasked in place
    std::size_t consumed = 0;         // bytes of the whole frame
    const char* why = "";             // of a violation
};

// Decodes the first frame of `bytes`; a violation is reported as soon as the bytes at hand show it. `limit`: the
// largest payload of a data frame.
DecodedFrame decode_frame(std::span<std::uint8_t> bytes, std::size_t limit,
                          Accept accept = Accept::whole_binary) noexcept;

// Writes the server's header of a binary frame directly in front of `payload` and returns its size (2 or 4). The
// bytes there must be writable; a client's header with its mask key is always long enough.
std::size_t write_header_before(std::uint8_t* payload, std::size_t size) noexcept;

// A server frame of its own memory, FIN set.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
void append_close(std::string& out, CloseCode code, std::string_view reason = {});

}  // namespace rookery::adapters::websocket
