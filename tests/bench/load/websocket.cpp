#include "tests/bench/load/websocket.hpp"

#include <cstring>

namespace rookery::bench::websocket {
namespace {

constexpr std::uint8_t final_bit = 0x80;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::uint8_t two_byte_size = 126;
constexpr std::uint8_t eight_byte_size = 127;

void apply_mask(char* data, std::size_t size, std::uint32_t mask) {
    const auto wide = std::uint64_t{mask} << 32 | mask;
    std::size_t i = 0;
    for (; i + sizeof wide <= size; i += sizeof wide) {
        std::uint64_t word;
        std::memcpy(&word, data + i, sizeof word);
        word ^= wide;
        std::memcpy(data + i, &word, sizeof word);
    }
    for (; i < size; ++i) data[i] = static_cast<char>(data[i] ^ static_cast<char>(mask >> 8 * (i % 4)));
}

}  // namespace

std::string upgrade_request(const std::string& host, const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: " + host +
           "\r\nUser-Agent: rookery-bench/1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n";
}

void append_masked(std::string& out, std::uint32_t mask, std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const auto part : parts) size += part.size();
    out.push_back(static_cast<char>(final_bit | binary));
    if (size < two_byte_size) {
        out.push_back(static_cast<char>(mask_bit | size));
    } else {
        out.push_back(static_cast<char>(mask_bit | two_byte_size));
        out.push_back(static_cast<char>(size >> 8));
        out.push_back(static_cast<char>(size));
    }
    out.append(reinterpret_cast<const char*>(&mask), sizeof mask);
    const auto begin = out.size();
    for (const auto part : parts) out.append(part);
    apply_mask(out.data() + begin, size, mask);
}

Frame parse(std::string_view bytes) {
    Frame frame;
    if (bytes.size() < 2) return frame;
    const auto* b = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::size_t header = 2;
    std::size_t size = b[1] & 0x7f;
    if (!(b[0] & final_bit) || (b[1] & mask_bit) || size == eight_byte_size) {
        frame.status = Frame::illegal;
        return frame;
    }
    if (size == two_byte_size) {
        header = 4;
        if (bytes.size() < header) return frame;
        size = std::size_t{b[2]} << 8 | b[3];
    }
    if (bytes.size() < header + size) return frame;
    return {Frame::complete, static_cast<Opcode>(b[0] & 0x0f), bytes.substr(header, size), header + size};
}

}  // namespace rookery::bench::websocket
