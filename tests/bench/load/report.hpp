// What a generator prints: one line of JSON. Latencies in µs, memory in KB.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/bench/load/histogram.hpp"

namespace rookery::bench {

using Json = nlohmann::ordered_json;

Json to_json(const Histogram& histogram);

// One figure over all runs.
Json min_median_max(std::vector<double> values);

// Counts errors by their text.
class Errors {
public:
    void add(const std::string& text) { ++counts_[text.substr(0, 120)]; }
    Json to_json() const { return counts_.empty() ? Json::object() : Json(counts_); }

private:
    std::map<std::string, std::uint64_t> counts_;
};

// Prints `report` with its verdict and ends the process: exit code 0 if every check passed, else 1.
[[noreturn]] void end_with(Json report, bool ok);

}  // namespace rookery::bench
