#include "runtime/data_dir.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rookery::runtime {
namespace {

core::Error refusal(const std::string& what, const std::string& path, int error, const char* remedy) {
    return {core::ErrorKind::unavailable,
            fmt::format("cannot {} {}: {} (errno {}); {}", what, path, std::strerror(error), error, remedy)};
}

constexpr auto make_writable = "make it writable for this user or choose another data directory";

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

core::Result<std::unique_ptr<DataDir>> DataDir::open(const std::string& given) {
    auto path = given;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    std::error_code ec;
    const bool made = std::filesystem::create_directories(path, ec);
    if (made) std::filesystem::permissions(path, std::filesystem::perms::owner_all, ec);
    if (ec) return tl::unexpected(refusal("create the data directory", path, ec.value(), make_writable));
    if (::access(path.c_str(), W_OK | X_OK) != 0)
        return tl::unexpected(refusal("write to the data directory", path, errno, make_writable));

    const auto lock_file = path + "/rookery.lock";
    const int fd = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return tl::unexpected(refusal("open", lock_file, errno, make_writable));
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char holder[32] = {};
        if (::read(fd, holder, sizeof holder - 1) < 0) holder[0] = 0;
        ::close(fd);
        return core::fail(core::ErrorKind::unavailable,
                          fmt::format("the data directory {} is in use by another process (pid {}); stop that one or "
                                      "choose another data directory",
                                      path, holder[0] ? holder : "unknown"));
    }
    const auto pid = std::to_string(::getpid());
    if (::ftruncate(fd, 0) != 0 || !write_all(fd, pid)) {
        const int error = errno;
        ::close(fd);
        return tl::unexpected(refusal("write", lock_file, error, "free some space"));
    }
    return std::unique_ptr<DataDir>(new DataDir(path, fd));
}

DataDir::~DataDir() {
    ::close(lock_);
}

core::Result<config::Secret> DataDir::keep_secret(const std::string& name,
                                                  const std::function<config::Secret()>& fresh) const {
    const auto path = file(name);
    if (std::ifstream in(path); in) {
        std::stringstream text;
        text << in.rdbuf();
        auto value = text.str();
        while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
        if (!value.empty()) return config::Secret(std::move(value));
        return core::fail(
            core::ErrorKind::internal,
            fmt::format("{} is empty; restore it from a backup, or remove it if nothing depends on it", path));
    }
    if (errno != ENOENT) return tl::unexpected(refusal("read", path, errno, make_writable));

    // Written aside and renamed, so that a crash leaves the whole secret or none.
    const auto value = fresh();
    const auto temporary = path + ".new";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return tl::unexpected(refusal("create", temporary, errno, make_writable));
    const bool written = write_all(fd, value.reveal() + "\n") && ::fsync(fd) == 0;
    const int error = errno;
    ::close(fd);
    if (!written) return tl::unexpected(refusal("write", temporary, error, "free some space"));
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        return tl::unexpected(refusal("rename to", path, errno, make_writable));
    return value;
}

}  // namespace rookery::runtime
