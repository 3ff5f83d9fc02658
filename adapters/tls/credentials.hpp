// The certificate that a node shows now, and its replacement while the node runs: the files are looked at again and
// again, since tools that renew certificates know nothing of us. Node scope, one pair of files.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "adapters/tls/certificate.hpp"

namespace rookery::adapters::tls {

// Thread-safe but for check().
class Credentials {
public:
    static core::Result<std::shared_ptr<Credentials>> open(config::Tls files);

    std::shared_ptr<const Certificate> current() const;

    // Takes new files if they changed and are whole. A pair that is not may be half-written: it is worth one WARN when
    // it is still the same at the next check, and the old certificate stays. Says once each when the one that is shown
    // is about to end and when it has. May block on the file system; one thread at a time.
    void check(core::WallTime now);

    struct Counters {
        std::uint64_t reloads = 0;
        std::uint64_t failed_reloads = 0;  // one per broken pair
    };
    Counters counters() const { return {reloads_.load(), failed_reloads_.load()}; }

private:
    Credentials(config::Tls files, std::string version, std::shared_ptr<const Certificate> certificate);

    void reload_if_changed();
    void tell_validity(core::WallTime now);

    const config::Tls files_;
    std::string seen_;     // the version of the files that was looked at last
    bool broken_ = false;  // it could not be taken, which nobody was told yet
    Validity told_ = Validity::valid;
    std::atomic<std::uint64_t> reloads_{0}, failed_reloads_{0};
    mutable std::mutex mutex_;  // guards current_
    std::shared_ptr<const Certificate> current_;
};

// Checks them again and again, on a thread of its own because files may block.
class Watch {
public:
    explicit Watch(std::shared_ptr<Credentials> credentials,
                   std::chrono::milliseconds period = std::chrono::milliseconds(2'000));
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

private:
    void run();

    const std::shared_ptr<Credentials> credentials_;
    const std::chrono::milliseconds period_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace rookery::adapters::tls
