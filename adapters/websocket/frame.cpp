#include "adapters/websocket/frame.hpp"

#include <cstring>

namespace rookery::adapters::websocket {

namespace {

constexpr std::uint8_t fin = 0x80;
constexpr std::uint8_t reserved = 0x70;
constexpr std::uint8_t masked = 0x80;
constexpr std::size_t max_control = 125;

// Eight bytes at a time; compilers make vectors of it.
void unmask(std::uint8_t* p, std::size_t size, const std::uint8_t* key) noexcept {
    std::uint32_t k32;
    std::memcpy(&k32, key, sizeof k32);
    const std::uint64_t k = static_cast<std::uint64_t>(k32) << 32 | k32;
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        std::uint64_t v;
        std::memcpy(&v, p + i, sizeof v);
        v ^= k;
        std::memcpy(p + i, &v, sizeof v);
    }
    for (; i < size; ++i) p[i] ^= key[i & 3];
}

DecodedFrame violation(const char* why) noexcept {
    DecodedFrame f;
    f.status = FrameStatus::violation;
    f.why = why;
    return f;
}

}  // namespace

DecodedFrame decode_frame(std::span<std::uint8_t> bytes, std::size_t limit, Accept accept) noexcept {
    DecodedFrame f;
    if (bytes.empty()) return f;
    const auto first = bytes[0];
    if (first & reserved) return violation("reserved bits set");
    const auto opcode = static_cast<std::uint8_t>(first & 0x0F);
    const bool control = opcode >= static_cast<std::uint8_t>(Opcode::close);
    if (opcode > 10 || (opcode > 2 && !control)) return violation("unknown opcode");
    f.opcode = static_cast<Opcode>(opcode);
    f.last = (first & fin) != 0;
    if (accept == Accept::whole_binary) {
        if (f.opcode == Opcode::continuation) return violation("continuation frame");
        if (f.opcode == Opcode::text) return violation("text message");
    }
    if (!f.last && (control || accept == Accept::whole_binary)) return violation("fragmented message");
    if (bytes.size() < 2) return f;

    if (!(bytes[1] & masked)) return violation("frame without mask");
    std::uint64_t size = bytes[1] & 0x7F;
    std::size_t header = 2;
    if (size >= 126) {
        const std::size_t extra = size == 126 ? 2 : 8;
        if (control) return violation("control frame above 125 bytes");
        if (bytes.size() < header + extra) return f;
        size = 0;
        for (std::size_t i = 0; i < extra; ++i) size = size << 8 | bytes[header + i];
        header += extra;
    }
    if (!control) {
        if (size == 0 && accept == Accept::whole_binary) return violation("empty message");
        if (size > limit) {
            f.status = FrameStatus::oversized;
            f.why = "message too large";
            return f;
        }
    }
    if (bytes.size() < header + 4 + size) return f;

    const auto* key = bytes.data() + header;
    f.payload = bytes.subspan(header + 4, static_cast<std::size_t>(size));
    unmask(f.payload.data(), f.payload.size(), key);
    f.consumed = header + 4 + f.payload.size();
    f.status = FrameStatus::complete;
    return f;
}

std::size_t write_header_before(std::uint8_t* payload, std::size_t size) noexcept {
    constexpr std::uint8_t first = fin | static_cast<std::uint8_t>(Opcode::binary);
    if (size < 126) {
        payload[-2] = first;
        payload[-1] = static_cast<std::uint8_t>(size);
        return 2;
    }
    payload[-4] = first;
    payload[-3] = 126;
    payload[-2] = static_cast<std::uint8_t>(size >> 8);
    payload[-1] = static_cast<std::uint8_t>(size);
    return 4;
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
    out.push_back(static_cast<char>(fin | static_cast<std::uint8_t>(opcode)));
    if (payload.size() <= max_control) {
        out.push_back(static_cast<char>(payload.size()));
    } else {
        out.push_back(126);
        out.push_back(static_cast<char>(payload.size() >> 8));
        out.push_back(static_cast<char>(payload.size()));
    }
    out.append(payload);
}

void append_close(std::string& out, CloseCode code, std::string_view reason) {
    const auto number = static_cast<std::uint16_t>(code);
    std::string payload{static_cast<char>(number >> 8), static_cast<char>(number)};
    payload.append(reason.substr(0, max_control - payload.size()));
    append_frame(out, Opcode::close, payload);
}

}  // namespace rookery::adapters::websocket
