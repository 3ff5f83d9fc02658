// What a node counts, as Prometheus reads it: text format 0.0.4. The names are those of operators' dashboards
// (signal-relay-stun §1.11 and §2.20, flow-events §11); ours begin with "rookery_".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rookery::adapters::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Upper bound and how many samples are in this bucket alone; what is above the last bound counts as `beyond`.
struct Histogram {
    std::vector<std::pair<double, std::uint64_t>> buckets;
    std::uint64_t beyond = 0;
    double sum = 0;
};

/// The families of one scrape, in the order in which they were first named. Not thread-safe: made anew per scrape.
class Exposition {
public:
    Exposition();
    ~Exposition();
    Exposition(const Exposition&) = delete;
    Exposition& operator=(const Exposition&) = delete;

    void counter(const std::string& name, const std::string& help, double value, Labels labels = {});
    void gauge(const std::string& name, const std::string& help, double value, Labels labels = {});
    void histogram(const std::string& name, const std::string& help, const Histogram& value, Labels labels = {});

    std::string text() const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace rookery::adapters::metrics
