#include "tests/bench/load/report.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace rookery::bench {

Json to_json(const Histogram& histogram) {
    return {{"count", histogram.count()},          {"p50", histogram.quantile_us(.5)},
            {"p90", histogram.quantile_us(.9)},    {"p99", histogram.quantile_us(.99)},
            {"p999", histogram.quantile_us(.999)}, {"max", histogram.max_us()}};
}

Json min_median_max(std::vector<double> values) {
    if (values.empty()) return Json::object();
    std::sort(values.begin(), values.end());
    return {{"min", values.front()}, {"median", values[values.size() / 2]}, {"max", values.back()}};
}

void end_with(Json report, bool ok) {
    report["ok"] = ok;
    // Error texts of servers may be anything.
    std::puts(report.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    std::fflush(stdout);
    // Without taking thousands of connections down one by one.
    _exit(ok ? 0 : 1);
}

}  // namespace rookery::bench
