// Xorshift: keys, masks and jitter of simulated agents. Not for secrets.
#pragma once

#include <cstdint>
#include <span>

namespace rookery::bench {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull | 1) {}

    std::uint64_t operator()() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }

    void fill(std::span<std::uint8_t> bytes) {
        for (auto& b : bytes) b = static_cast<std::uint8_t>((*this)() >> 33);
    }

private:
    std::uint64_t state_;
};

}  // namespace rookery::bench
