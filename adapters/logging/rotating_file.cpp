#include "adapters/logging/rotating_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace rookery::adapters::logging {

RotatingFile::RotatingFile(std::string path, std::uint64_t max_bytes, int kept)
    : path_(std::move(path)), max_bytes_(max_bytes), kept_(kept) {}

RotatingFile::~RotatingFile() {
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

// If the file cannot be renamed it is emptied: a full disk is worse than a lost old log.
void RotatingFile::rotate() {
    for (int i = kept_ - 1; i >= 1; --i)
        std::rename((path_ + "." + std::to_string(i)).c_str(), (path_ + "." + std::to_string(i + 1)).c_str());
    if (std::rename(path_.c_str(), (path_ + ".1").c_str()) != 0 && ::ftruncate(fd_, 0) == 0) {
        size_ = 0;
        return;
    }
    ::close(fd_);
    fd_ = -1;
}

int RotatingFile::write(std::string_view line) {
    if (const int failed = open()) return failed;
    if (max_bytes_ != 0 && size_ > 0 && size_ + line.size() > max_bytes_) {
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
