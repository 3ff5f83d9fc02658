// A log file that never grows beyond a size: PATH, and behind it PATH.1 (newest) to PATH.10. Own code because
// spdlog's does not come back after a full disk: every failed write here leaves the file as it was and the next one
// tries again, opening the file anew if need be.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rookery::adapters::logging {

// Not thread-safe.
class RotatingFile {
public:
    // `max_bytes` 0: never rotated. It appends with O_APPEND, so that a copy-and-truncate from outside is harmless.
    RotatingFile(std::string path, std::uint64_t max_bytes, int kept);
    ~RotatingFile();
    RotatingFile(const RotatingFile&) = delete;
    RotatingFile& operator=(const RotatingFile&) = delete;

    // The whole line (which ends with a newline) or nothing of it; 0 or the errno of what failed.
    int write(std::string_view line);
    int open();

private:
    void rotate();

    const std::string path_;
    const std::uint64_t max_bytes_;
    const int kept_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace rookery::adapters::logging
