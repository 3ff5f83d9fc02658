// What one route counts (names: flow-events §11.1, management_http_…). Node scope; any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "actors/core/histogram.hpp"

namespace rookery::adapters::http {

// Of all routes of an API together, milliseconds; a write is a change that worked.
struct RequestDurations {
    core::Histogram<15> read{core::default_bounds};
    core::Histogram<15> write{core::default_bounds};
};

struct RouteCounters {
    // Every status that a route here answers; another one counts as the last, 0.
    static constexpr std::array<unsigned, 18> codes{200, 201, 202, 204, 301, 400, 401, 403, 404,
                                                    409, 412, 422, 429, 500, 501, 503, 504, 0};

    RouteCounters(std::string the_method, std::string the_endpoint, std::shared_ptr<RequestDurations> the_sums)
        : method(std::move(the_method)), endpoint(std::move(the_endpoint)), sums(std::move(the_sums)) {}

    void answered(unsigned status, std::chrono::nanoseconds took) {
        std::size_t i = 0;
        while (codes[i] != status && codes[i] != 0) ++i;
        responses[i].fetch_add(1, std::memory_order_relaxed);
        duration.record_ms(took);
        (status == 200 && method != "GET" ? sums->write : sums->read).record_ms(took);
    }

    const std::string method;
    const std::string endpoint;  // the pattern without braces: "/api/peers/peerId"
    std::atomic<std::uint64_t> requests{0};
    std::array<std::atomic<std::uint64_t>, codes.size()> responses{};
    core::Histogram<15> duration{core::default_bounds};  // milliseconds
    const std::shared_ptr<RequestDurations> sums;        // with the other routes
};

}  // namespace rookery::adapters::http
