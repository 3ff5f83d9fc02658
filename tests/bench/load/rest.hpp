// REST calls of an administrator: blocking, one connection each. Ends the program where a call must succeed and does
// not.
#pragma once

#include <string>
#include <utility>

#include "tests/bench/load/report.hpp"
#include "tests/bench/load/url.hpp"

namespace rookery::bench {

class Rest {
public:
    Rest(Url url, std::string token) : url_(std::move(url)), token_(std::move(token)) {}

    struct Answer {
        int status = 0;  // 0: no answer
        std::string body;
    };
    // Thread-safe.
    Answer call(const std::string& method, const std::string& path, const std::string& body = "") const;
    // The answer of a call that succeeded.
    Json get(const std::string& path) const { return must("GET", path, ""); }
    Json post(const std::string& path, const Json& body) const { return must("POST", path, body.dump()); }
    Json remove(const std::string& path) const { return must("DELETE", path, ""); }

private:
    Json must(const std::string& method, const std::string& path, const std::string& body) const;

    const Url url_;
    const std::string token_;
};

}  // namespace rookery::bench
