// Frames as a client makes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rookery::test {

inline std::string client_frame(std::string_view payload, int opcode = 2, std::uint32_t mask = 0x04030201,
                                bool last = true) {
    std::string out;
    out.push_back(static_cast<char>((last ? 0x80 : 0) | opcode));
    if (payload.size() < 126) {
        out.push_back(static_cast<char>(0x80 | payload.size()));
    } else {
        out.push_back(static_cast<char>(0x80 | 126));
        out.push_back(static_cast<char>(payload.size() >> 8));
        out.push_back(static_cast<char>(payload.size()));
    }
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(mask >> (8 * i)));
    for (std::size_t i = 0; i < payload.size(); ++i)
        out.push_back(static_cast<char>(payload[i] ^ static_cast<char>(mask >> (8 * (i % 4)))));
    return out;
}

}  // namespace rookery::test
