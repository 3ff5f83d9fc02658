#include "adapters/tls/credentials.hpp"

#include <pthread.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "actors/core/log.hpp"

namespace rookery::adapters::tls {

namespace log = core::log;

namespace {

// What tells one version of a file from another; symbolic links are followed, since they are what some tools replace.
std::string version_of(const std::string& path) {
    struct stat s {};
    if (::stat(path.c_str(), &s) != 0) return fmt::format("error {}", errno);
    return fmt::format("{}:{}:{}:{}.{}", s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

std::string version_of(const config::Tls& files) {
    return version_of(files.cert_file) + ' ' + version_of(files.key_file);
}

}  // namespace

core::Result<std::shared_ptr<Credentials>> Credentials::open(config::Tls files) {
    auto version = version_of(files);
    auto certificate = Certificate::load(files);
    if (!certificate) return tl::unexpected(certificate.error());
    return std::shared_ptr<Credentials>(new Credentials(std::move(files), std::move(version), std::move(*certificate)));
}

Credentials::Credentials(config::Tls files, std::string version, std::shared_ptr<const Certificate> certificate)
    : files_(std::move(files)), seen_(std::move(version)), current_(std::move(certificate)) {}

std::shared_ptr<const Certificate> Credentials::current() const {
    std::lock_guard lock(mutex_);
    return current_;
}

void Credentials::check(core::WallTime now) {
    reload_if_changed();
    tell_validity(now);
}

void Credentials::reload_if_changed() {
    auto version = version_of(files_);
    const bool settled = version == seen_;
    if (settled && !broken_) return;
    seen_ = std::move(version);
    auto loaded = Certificate::load(files_);
    if (loaded) {
        broken_ = false;
        reloads_.fetch_add(1, std::memory_order_relaxed);
        log::info("TLS certificate reloaded: {}", (*loaded)->to_string());
        std::lock_guard lock(mutex_);
        current_ = std::move(*loaded);
        return;
    }
    if (!settled) {
        broken_ = true;
        return;
    }
    broken_ = false;
    failed_reloads_.fetch_add(1, std::memory_order_relaxed);
    log::warn("TLS certificate not reloaded, the old one stays: {}", loaded.error().message);
}

void Credentials::tell_validity(core::WallTime now) {
    const auto certificate = current();
    const auto validity = certificate->validity_at(now);
    if (std::exchange(told_, validity) == validity) return;
    switch (validity) {
        case Validity::valid: break;
        case Validity::ends_soon: log::warn("TLS certificate ends soon: {}", certificate->to_string()); break;
        case Validity::ended: log::error("TLS certificate has ended: {}", certificate->to_string()); break;
        case Validity::not_begun: log::warn("TLS certificate is not valid yet: {}", certificate->to_string()); break;
    }
}

Watch::Watch(std::shared_ptr<Credentials> credentials, std::chrono::milliseconds period)
    : credentials_(std::move(credentials)), period_(period), thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), "rookery-certs");
}

Watch::~Watch() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Watch::run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, period_, [this] { return ending_; })) {
        lock.unlock();
        credentials_->check(core::wall_now());
        lock.lock();
    }
}

}  // namespace rookery::adapters::tls
