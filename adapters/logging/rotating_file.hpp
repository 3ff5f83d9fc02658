// A log file that never grows beyond a size: PATH, and behind it PATH.1.gz (newest) to PATH.10.gz, none of them older
// than 30 days. A file is compressed by a thread of its own after its rotation; until then, or where that fails (full
// disk), it is there as PATH.1. Own code because
// spdlog's does not come back after a full disk: every failed write here leaves the file as it was and the next one
// tries again, opening the file anew if need be.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace rookery::adapters::logging {

// Not thread-safe.
class RotatingFile {
public:
    struct Limits {
        std::uint64_t max_bytes = 0;  // 0: never rotated
        int kept = 10;                // rotated files
        std::chrono::hours max_age{30 * 24};
    };
    // It appends with O_APPEND, so that a copy-and-truncate from outside is harmless.
    RotatingFile(std::string path, Limits limits);
    ~RotatingFile();
    RotatingFile(const RotatingFile&) = delete;
    RotatingFile& operator=(const RotatingFile&) = delete;

    // The whole line (which ends with a newline) or nothing of it; 0 or the errno of what failed.
    int write(std::string_view line);
    int open();

private:
    void rotate();
    void shift();
    std::string rotated(int number) const { return path_ + "." + std::to_string(number); }

    const std::string path_;
    const Limits limits_;
    std::thread compressing_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace rookery::adapters::logging
