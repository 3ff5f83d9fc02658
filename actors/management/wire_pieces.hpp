// Parts of Protocol Buffers messages, written once and concatenated into many: fields of one message may follow each
// other in any order, so a message is its parts, and a message within another is its length and its parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rookery::management::wire_pieces {

inline void append_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

// Field numbers up to 15.
inline void append_header(std::string& out, int field, std::size_t size) {
    out += static_cast<char>(field << 3 | 2);
    append_varint(out, size);
}

// A field of text, bytes or a message: length and content, written even if empty.
inline void append_field(std::string& out, int field, std::string_view content) {
    append_header(out, field, content.size());
    out += content;
}

// A message within another, of several parts.
template <class... Parts>
void append_message(std::string& out, int field, const Parts&... parts) {
    append_header(out, field, (parts.size() + ...));
    ((out += parts), ...);
}

inline void append_number(std::string& out, int field, std::uint64_t value) {
    out += static_cast<char>(field << 3);
    append_varint(out, value);
}

// As Protocol Buffers do it: a default is left out.
inline void append_text(std::string& out, int field, std::string_view text) {
    if (!text.empty()) append_field(out, field, text);
}
inline void append_flag(std::string& out, int field, bool value) {
    if (value) append_number(out, field, 1);
}

}  // namespace rookery::management::wire_pieces
