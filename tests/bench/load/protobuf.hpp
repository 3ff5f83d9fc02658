// Protobuf's wire format, as far as the generators need it: they check messages field by field without the cost of
// decoding them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace rookery::bench::protobuf {

inline void append_varint(std::string& out, std::uint64_t value) {
    for (; value > 127; value >>= 7) out.push_back(static_cast<char>((value & 127) | 128));
    out.push_back(static_cast<char>(value));
}

inline void append_bytes(std::string& out, int field, std::string_view value) {
    append_varint(out, static_cast<std::uint64_t>(field) << 3 | 2);
    append_varint(out, value.size());
    out.append(value);
}

inline void append_integer(std::string& out, int field, std::uint64_t value) {
    append_varint(out, static_cast<std::uint64_t>(field) << 3);
    append_varint(out, value);
}

// Takes a varint off the front of `bytes`. false: there is none.
inline bool take_varint(std::string_view& bytes, std::uint64_t& value) {
    value = 0;
    for (int shift = 0; !bytes.empty() && shift < 70; shift += 7) {
        const auto byte = static_cast<std::uint8_t>(bytes.front());
        bytes.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 127) << shift;
        if (!(byte & 128)) return true;
    }
    return false;
}

// Calls visit(field number, integer, bytes) for each field of `message`. false: it is no protobuf message.
template <class Visit>
bool walk(std::string_view message, Visit&& visit) {
    enum : std::uint64_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };
    while (!message.empty()) {
        std::uint64_t tag = 0;
        std::uint64_t value = 0;
        if (!take_varint(message, tag)) return false;
        std::size_t size = 0;
        switch (tag & 7) {
            case varint:
                if (!take_varint(message, value)) return false;
                break;
            case fixed64: size = 8; break;
            case fixed32: size = 4; break;
            case length_delimited:
                if (!take_varint(message, value)) return false;
                size = std::exchange(value, 0);
                break;
            default: return false;
        }
        if (size > message.size()) return false;
        visit(static_cast<int>(tag >> 3), value, message.substr(0, size));
        message.remove_prefix(size);
    }
    return true;
}

}  // namespace rookery::bench::protobuf
