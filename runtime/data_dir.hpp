// The node's data directory: made if missing, held by one process at a time, keeper of generated secrets.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/core/error.hpp"
#include "config/secret.hpp"

namespace rookery::runtime {

class DataDir {
public:
    // Refuses with path and errno: not writable, or held by another process.
    static core::Result<std::unique_ptr<DataDir>> open(const std::string& path);
    ~DataDir();
    DataDir(const DataDir&) = delete;
    DataDir& operator=(const DataDir&) = delete;

    std::string file(const std::string& name) const { return path_ + "/" + name; }

    // Content of `name` (mode 0600); made with `fresh` and synced to disk the first time.
    core::Result<config::Secret> keep_secret(const std::string& name,
                                             const std::function<config::Secret()>& fresh) const;

private:
    DataDir(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
    const std::string path_;
    const int lock_;  // descriptor that holds the lock while this lives
};

}  // namespace rookery::runtime
