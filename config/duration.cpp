#include "config/duration.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

namespace rookery::config {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};
constexpr std::array<Unit, 8> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"\u00b5s", 1'000},  // micro sign
                                     {"\u03bcs", 1'000},  // Greek mu
                                     {"ms", 1'000'000},
                                     {"s", 1'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"h", 3'600'000'000'000}}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<std::int64_t> take_unit(std::string_view& rest) {
    std::size_t length = 0;
    while (length < rest.size() && !is_digit(rest[length]) && rest[length] != '.') ++length;
    const auto name = rest.substr(0, length);
    for (const auto& unit : units) {
        if (unit.name == name) {
            rest.remove_prefix(length);
            return unit.nanoseconds;
        }
    }
    return std::nullopt;
}

struct Digits {
    std::int64_t value = 0;
    double scale = 1;  // ten to the number of digits
    bool any = false;
};
std::optional<Digits> take_digits(std::string_view& rest) {
    Digits digits;
    while (!rest.empty() && is_digit(rest.front())) {
        if (__builtin_mul_overflow(digits.value, std::int64_t{10}, &digits.value)) return std::nullopt;
        if (__builtin_add_overflow(digits.value, std::int64_t{rest.front() - '0'}, &digits.value)) return std::nullopt;
        digits.scale *= 10;
        digits.any = true;
        rest.remove_prefix(1);
    }
    return digits;
}

// One "12.5h"; std::nullopt when it is none or does not fit.
std::optional<std::int64_t> take_part(std::string_view& rest) {
    const auto whole = take_digits(rest);
    if (!whole) return std::nullopt;
    Digits fraction;
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        const auto digits = take_digits(rest);
        if (!digits) return std::nullopt;
        fraction = *digits;
    }
    if (!whole->any && !fraction.any) return std::nullopt;
    const auto unit = take_unit(rest);
    if (!unit) return std::nullopt;
    const double part_of_unit = static_cast<double>(fraction.value) / fraction.scale;
    std::int64_t total = 0;
    if (__builtin_mul_overflow(whole->value, *unit, &total)) return std::nullopt;
    const auto rounded_down = static_cast<std::int64_t>(part_of_unit * static_cast<double>(*unit));
    if (__builtin_add_overflow(total, rounded_down, &total)) return std::nullopt;
    return total;
}

std::optional<std::int64_t> take_all(std::string_view rest) {
    if (rest.empty()) return std::nullopt;
    std::int64_t total = 0;
    while (!rest.empty()) {
        const auto part = take_part(rest);
        if (!part || __builtin_add_overflow(total, *part, &total)) return std::nullopt;
    }
    return total;
}

}  // namespace

Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    std::string_view rest = text;
    const bool negative = !rest.empty() && rest.front() == '-';
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
    if (rest == "0") return std::chrono::nanoseconds{0};
    const auto total = take_all(rest);
    if (!total) {
        return wrong(fmt::format("\"{}\" is not a duration such as 500ms, 90s or 1h30m", text));
    }
    return std::chrono::nanoseconds{negative ? -*total : *total};
}

Parsed<std::chrono::milliseconds> parse_positive_duration(std::string_view text) {
    const auto parsed = parse_duration(text);
    if (!parsed) return wrong(parsed.error());
    const auto value = std::chrono::duration_cast<std::chrono::milliseconds>(*parsed);
    if (value.count() <= 0) return wrong(fmt::format("\"{}\" must be at least 1ms", text));
    return value;
}

}  // namespace rookery::config
