#include "runtime/control_paths.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace rookery::runtime {
namespace {

using core::Done;
using core::ErrorKind;
using core::Result;
namespace fs = std::filesystem;

Result<Done> prepare_directory(const fs::path& directory) {
    const auto refuse = [&](const char* why) {
        return core::fail(ErrorKind::unavailable, fmt::format("{}: {}", directory.string(), why));
    };
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return refuse(std::strerror(errno));
    struct stat found {};
    if (::lstat(directory.c_str(), &found) != 0) return refuse(std::strerror(errno));
    if (!S_ISDIR(found.st_mode)) return refuse("not a directory");
    if (found.st_uid != ::geteuid() && found.st_uid != 0) return refuse("belongs to another user");
    return Done{};
}

}  // namespace

Result<std::string> listen_at_first(adapters::control::Server& server, const std::vector<std::string>& paths) {
    std::string reasons;
    for (const auto& path : paths) {
        auto opened = prepare_directory(fs::absolute(path).parent_path());
        if (opened) opened = server.listen(path);
        if (opened) return path;
        reasons += (reasons.empty() ? "" : "; ") + opened.error().message;
    }
    return core::fail(ErrorKind::unavailable, reasons);
}

std::vector<std::string> running_nodes(std::vector<std::string> paths, const std::vector<std::string>& directories) {
    for (const auto& directory : directories) {
        std::error_code unreadable;  // or not there: no node of ours
        for (const auto& entry : fs::directory_iterator(directory, unreadable))
            if (entry.path().extension() == ".sock") paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    std::erase_if(paths, [](const auto& path) { return !adapters::control::answers(path); });
    return paths;
}

}  // namespace rookery::runtime
