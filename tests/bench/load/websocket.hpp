// WebSocket as an agent speaks it (RFC 6455): one unfragmented, masked frame per message.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace rookery::bench::websocket {

enum Opcode : std::uint8_t { binary = 2, close = 8, ping = 9, pong = 10 };

std::string upgrade_request(const std::string& host, const std::string& path);

// Appends a binary frame whose payload is `parts`, one after the other; at most 65,535 bytes.
void append_masked(std::string& out, std::uint32_t mask, std::initializer_list<std::string_view> parts);

// The first frame of what a server sent.
struct Frame {
    enum Status { complete, incomplete, illegal };
    Status status = incomplete;
    Opcode opcode = binary;
    std::string_view payload;
    std::size_t consumed = 0;
};
Frame parse(std::string_view bytes);

}  // namespace rookery::bench::websocket
