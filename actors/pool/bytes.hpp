// Integers and texts as nodes say them to each other: little-endian; a text is u16 length + bytes, longer bytes are u32
// length + bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rookery::pool {

class Writer {
public:
    template <class T>
    void integer(T value) {
        static_assert(std::is_unsigned_v<T>);
        for (std::size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
    }
    void flag(bool value) { integer(static_cast<std::uint8_t>(value)); }
    void text(std::string_view value) {
        integer(static_cast<std::uint16_t>(value.size()));
        out_.append(value);
    }
    void bytes(std::string_view value) {
        integer(static_cast<std::uint32_t>(value.size()));
        out_.append(value);
    }
    // Bytes whose number both sides know.
    void raw(std::string_view value) { out_.append(value); }
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
    bool flag() { return integer<std::uint8_t>() != 0; }
    std::string_view text() { return take(integer<std::uint16_t>()); }
    std::string_view bytes() { return take(integer<std::uint32_t>()); }
    std::string_view raw(std::size_t size) { return take(size); }
    std::string_view rest() { return take(left_.size()); }
    // The length of a list whose elements take at least `least` bytes each: more than fit are refused unread.
    std::uint32_t count(std::size_t least) {
        const auto n = integer<std::uint32_t>();
        if (n > left_.size() / least) fail();
        return failed_ ? 0 : n;
    }
    void fail() { failed_ = true; }
    bool failed() const { return failed_; }
    bool at_end() const { return left_.empty(); }
    std::size_t position() const { return all_ - left_.size(); }

private:
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

}  // namespace rookery::pool
