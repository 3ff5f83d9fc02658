#include "runtime/control_paths.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "config/control_places.hpp"
#include "config/machine.hpp"

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

// Of `paths` and of the sockets in `directories`, those that a process answers at.
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

Result<std::string> find_node(const config::ServeOptions& options) {
    if (options.data_dir && !options.config_file) return *options.data_dir + "/control.sock";
    const auto environment = config::process_environment();
    const auto loaded = config::load_serve(options, environment);
    if (!loaded) return core::fail(ErrorKind::invalid_argument, loaded.error().message);
    const auto& own = loaded->control_sockets;
    if (options.config_file && !own.empty()) return own.front();
    const auto directories = config::control_directories(environment, config::user_id());
    const auto running = running_nodes(own, directories);
    if (running.size() == 1) return running.front();
    return core::fail(
        ErrorKind::not_found,
        running.empty()
            ? fmt::format("no running node found: nothing answers at {} or in {}; name it with --data-dir, "
                          "--config or --socket",
                          fmt::join(own, ", "), fmt::join(directories, ", "))
            : fmt::format("several nodes run here: choose one with --socket: {}", fmt::join(running, ", ")));
}

}  // namespace rookery::runtime
