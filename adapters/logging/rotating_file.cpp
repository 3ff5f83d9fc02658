#include "adapters/logging/rotating_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "adapters/logging/gzip.hpp"

namespace rookery::adapters::logging {

namespace {

bool older_than(const std::string& path, std::chrono::seconds age) {
    struct stat is {};
    return ::stat(path.c_str(), &is) == 0 && ::time(nullptr) - is.st_mtime > age.count();
}

}  // namespace

RotatingFile::RotatingFile(std::string path, Limits limits) : path_(std::move(path)), limits_(limits) {}

RotatingFile::~RotatingFile() {
    if (compressing_.joinable()) compressing_.join();
    if (fd_ >= 0) ::close(fd_);
}

int RotatingFile::open() {
    if (fd_ >= 0) return 0;
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd_ < 0) return errno;
    struct stat is {};
    size_ = ::fstat(fd_, &is) == 0 ? static_cast<std::uint64_t>(is.st_size) : 0;
    return 0;
}

// Makes room for a new PATH.1. A number has a compressed file, or a plain one that could not be compressed.
void RotatingFile::shift() {
    for (int i = limits_.kept; i >= 1; --i)
        for (const char* suffix : {"", ".gz"}) {
            const auto file = rotated(i) + suffix;
            if (i == limits_.kept || older_than(file, limits_.max_age))
                ::unlink(file.c_str());
            else
                std::rename(file.c_str(), (rotated(i + 1) + suffix).c_str());
        }
}

// If the file cannot be renamed it is emptied: a full disk is worse than a lost old log.
void RotatingFile::rotate() {
    if (compressing_.joinable()) compressing_.join();
    shift();
    if (std::rename(path_.c_str(), rotated(1).c_str()) != 0) {
        if (::ftruncate(fd_, 0) == 0) {
            size_ = 0;
            return;
        }
    } else {
        compressing_ = std::thread([file = rotated(1)] { gzip(file); });
    }
    ::close(fd_);
    fd_ = -1;
}

int RotatingFile::write(std::string_view line) {
    if (const int failed = open()) return failed;
    if (limits_.max_bytes != 0 && size_ > 0 && size_ + line.size() > limits_.max_bytes) {
        rotate();
        if (const int failed = open()) return failed;
    }
    const auto written = ::write(fd_, line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) {
        size_ += line.size();
        return 0;
    }
    const int failed = written < 0 ? errno : ENOSPC;
    if (written > 0) {  // half a line: the disk became full in the middle of it
        struct stat is {};
        if (::fstat(fd_, &is) == 0 && ::ftruncate(fd_, is.st_size - written) != 0) size_ += written;
    }
    return failed;
}

}  // namespace rookery::adapters::logging
