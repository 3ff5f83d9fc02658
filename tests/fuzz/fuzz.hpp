// What the fuzz targets share: reading an input as a sequence of values, and saying what must hold.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace rookery::fuzz {

// Takes values off the front of an input; past its end come zeros and empty texts.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

    bool empty() const { return rest_.empty(); }
    std::uint8_t byte() {
        const auto text = take(1);
        return text.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(text[0]);
    }
    std::uint16_t number() {
        const auto high = byte();
        return static_cast<std::uint16_t>(high << 8 | byte());
    }
    std::string_view take(std::size_t size) {
        const auto text = rest_.substr(0, size);
        rest_.remove_prefix(text.size());
        return text;
    }
    // Two bytes of length, and as much of it as there is.
    std::string_view chunk() { return take(number()); }
    // Up to the next line feed, without it.
    std::string_view line() {
        const auto text = take(rest_.find('\n'));
        take(1);
        return text;
    }
    std::string_view rest() { return take(rest_.size()); }

private:
    std::string_view rest_;
};

// Ends the process, which is how a fuzzer is told.
inline void expect(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

}  // namespace rookery::fuzz

// One input; always 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
