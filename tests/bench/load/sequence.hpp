// Whether numbered messages of one sender arrive exactly once and in order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace rookery::bench {

struct SequenceErrors {
    std::uint64_t lost = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t reordered = 0;

    bool any() const { return lost || duplicates || reordered; }
};

class Sequence {
public:
    std::uint64_t expected() const { return expected_; }

    void received(std::uint64_t number, SequenceErrors& errors) {
        if (number >= expected_) {
            for (; expected_ < number; ++expected_) {
                if (missing_.size() < max_missing)
                    missing_.push_back(expected_);
                else
                    ++errors.lost;
            }
            ++expected_;
            return;
        }
        const auto late = std::find(missing_.begin(), missing_.end(), number);
        if (late == missing_.end()) {
            ++errors.duplicates;
        } else {
            ++errors.reordered;
            missing_.erase(late);
        }
    }

    // Nothing more comes of the numbers below `end`.
    void close(std::uint64_t end, SequenceErrors& errors) {
        errors.lost += missing_.size() + (end - expected_);
        missing_.clear();
        expected_ = end;
    }

private:
    static constexpr std::size_t max_missing = 100'000;

    std::uint64_t expected_ = 0;
    std::vector<std::uint64_t> missing_;  // skipped so far
};

}  // namespace rookery::bench
