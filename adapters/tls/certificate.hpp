// A certificate chain with its key, ready for handshakes. Immutable; sessions keep what they need of it, so it may be
// replaced while they go on.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/core/clock.hpp"
#include "actors/core/error.hpp"
#include "config/config.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace rookery::adapters::tls {

enum class Validity {
    valid,
    ends_soon,  // what renews it should have done so
    ended,
    not_begun,
};

// Pure. Soon is the last fifth of its time, at most 14 days: renewal comes earlier for certificates of any length.
Validity validity(core::WallTime not_before, core::WallTime not_after, core::WallTime now);

class Certificate {
public:
    // The error names the file, the reason and what to do. A certificate whose time is over is taken: clients say no.
    static core::Result<std::shared_ptr<const Certificate>> load(const config::Tls& files);
    ~Certificate();
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;

    core::WallTime not_before() const { return not_before_; }
    core::WallTime not_after() const { return not_after_; }
    Validity validity_at(core::WallTime now) const { return validity(not_before_, not_after_, now); }
    // The names and addresses that clients may use, as the certificate lists them.
    const std::vector<std::string>& names() const { return names_; }
    // A host name or an address without brackets.
    bool covers(const std::string& host) const;
    // "a.example.com, b.example.com (until 2027-01-31T12:00:00Z)", for logs.
    std::string to_string() const;

    ssl_ctx_st* context() const { return context_.get(); }

private:
    struct Free {
        void operator()(ssl_ctx_st* context) const;
    };
    explicit Certificate(std::unique_ptr<ssl_ctx_st, Free> context);

    std::unique_ptr<ssl_ctx_st, Free> context_;
    std::vector<std::string> names_;
    core::WallTime not_before_{};
    core::WallTime not_after_{};
};

}  // namespace rookery::adapters::tls
