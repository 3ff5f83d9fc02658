// Latencies: 64 steps per power of two, so a quantile is off by less than 1.6 %.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace rookery::bench {

class Histogram {
public:
    void add(std::uint64_t ns) {
        ++steps_[index(ns)];
        ++count_;
        max_ = std::max(max_, ns);
    }

    void clear() {
        std::fill(steps_.begin(), steps_.end(), 0);
        count_ = max_ = 0;
    }

    std::uint64_t count() const { return count_; }
    double max_us() const { return static_cast<double>(max_) / 1e3; }

    // -1 without a value.
    double quantile_us(double q) const {
        if (count_ == 0) return -1;
        const auto wanted =
            std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < steps_.size(); ++i)
            if ((seen += steps_[i]) >= wanted) return static_cast<double>(lower_bound(i)) / 1e3;
        return max_us();
    }

private:
    static std::size_t index(std::uint64_t v) {
        if (v < 64) return v;
        const auto exponent = static_cast<std::size_t>(std::bit_width(v)) - 1;
        return (exponent - 5) * 64 + (v >> (exponent - 6)) - 64;
    }
    static std::uint64_t lower_bound(std::size_t i) {
        if (i < 64) return i;
        const auto exponent = i / 64 + 5;
        return (static_cast<std::uint64_t>(i % 64) + 64) << (exponent - 6);
    }

    std::vector<std::uint64_t> steps_ = std::vector<std::uint64_t>(64 * 64);
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace rookery::bench
