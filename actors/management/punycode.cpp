#include "actors/management/punycode.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace rookery::management {
namespace {

constexpr std::uint32_t base = 36, t_min = 1, t_max = 26, skew = 38, damp = 700, initial_bias = 72;
constexpr std::uint32_t initial_n = 128;
constexpr std::size_t max_code_points = 1024;  // far beyond a label; keeps the deltas below 2^32

std::optional<std::vector<std::uint32_t>> decode_utf8(std::string_view text) {
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        int more = 0;
        std::uint32_t value = lead;
        if (lead >= 0xF0 && lead < 0xF8) {
            more = 3;
            value = lead & 7u;
        } else if (lead >= 0xE0 && lead < 0xF0) {
            more = 2;
            value = lead & 15u;
        } else if (lead >= 0xC0 && lead < 0xE0) {
            more = 1;
            value = lead & 31u;
        } else if (lead >= 0x80) {
            return std::nullopt;
        }
        if (i + static_cast<std::size_t>(more) >= text.size()) return std::nullopt;
        for (int k = 1; k <= more; ++k) {
            const auto next = static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]);
            if ((next & 0xC0) != 0x80) return std::nullopt;
            value = value << 6 | (next & 63u);
        }
        constexpr std::uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
        if (value < smallest[more] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
        out.push_back(value);
        i += static_cast<std::size_t>(more) + 1;
    }
    return out;
}

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
    delta /= first ? damp : 2;
    delta += delta / points;
    std::uint32_t k = 0;
    for (; delta > (base - t_min) * t_max / 2; k += base) delta /= base - t_min;
    return k + (base - t_min + 1) * delta / (delta + skew);
}

char digit(std::uint32_t d) {
    return static_cast<char>(d < 26 ? 'a' + d : '0' + d - 26);
}

}  // namespace

std::optional<std::string> punycode_label(std::string_view utf8) {
    if (std::none_of(utf8.begin(), utf8.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
        return std::string(utf8);
    const auto points = decode_utf8(utf8);
    if (!points || points->size() > max_code_points) return std::nullopt;

    std::string out;
    for (const auto p : *points)
        if (p < 0x80) out += static_cast<char>(p);
    const auto basic = static_cast<std::uint32_t>(out.size());
    if (basic) out += '-';

    std::uint32_t n = initial_n, delta = 0, bias = initial_bias;
    for (std::uint32_t handled = basic; handled < points->size();) {
        auto next = std::numeric_limits<std::uint32_t>::max();
        for (const auto p : *points)
            if (p >= n) next = std::min(next, p);
        delta += (next - n) * (handled + 1);
        n = next;
        for (const auto p : *points) {
            if (p < n) ++delta;
            if (p != n) continue;
            auto q = delta;
            for (std::uint32_t k = base;; k += base) {
                const auto t = k <= bias ? t_min : k >= bias + t_max ? t_max : k - bias;
                if (q < t) break;
                out += digit(t + (q - t) % (base - t));
                q = (q - t) / (base - t);
            }
            out += digit(q);
            bias = adapt(delta, handled + 1, handled == basic);
            delta = 0;
            ++handled;
        }
        ++delta;
        ++n;
    }
    return "xn--" + out;
}

}  // namespace rookery::management
