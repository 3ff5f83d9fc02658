// Bytes that a socket did not take yet. One contiguous block, so that it leaves in few large writes; nothing is
// allocated while it is empty. Not thread-safe. The bound is its user's (Link).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rookery::adapters::relay {

class OutQueue {
public:
    bool empty() const { return position_ == bytes_.size(); }
    std::size_t size() const { return bytes_.size() - position_; }
    std::string_view front() const { return std::string_view(bytes_).substr(position_); }

    void append(std::string_view bytes) { bytes_.append(bytes); }

    void consume(std::size_t size) {
        position_ += size;
        if (empty()) return clear();
        if (position_ > bytes_.size() / 2) {
            bytes_.erase(0, position_);
            position_ = 0;
        }
    }

    void clear() {
        std::string().swap(bytes_);
        position_ = 0;
    }

private:
    std::string bytes_;
    std::size_t position_ = 0;
};

}  // namespace rookery::adapters::relay
