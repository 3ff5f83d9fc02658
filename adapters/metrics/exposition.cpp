#include "adapters/metrics/exposition.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>

namespace rookery::adapters::metrics {

struct Exposition::Families {
    std::vector<prometheus::MetricFamily> list;

    prometheus::ClientMetric& add(const std::string& name, const std::string& help, prometheus::MetricType type,
                                  Labels labels) {
        auto family = std::find_if(list.begin(), list.end(), [&](const auto& f) { return f.name == name; });
        if (family == list.end()) family = list.insert(list.end(), prometheus::MetricFamily{name, help, type, {}});
        auto& metric = family->metric.emplace_back();
        for (auto& [key, value] : labels) metric.label.push_back({std::move(key), std::move(value)});
        return metric;
    }
};

Exposition::Exposition() : families_(std::make_unique<Families>()) {}
Exposition::~Exposition() = default;

void Exposition::counter(const std::string& name, const std::string& help, double value, Labels labels) {
    families_->add(name, help, prometheus::MetricType::Counter, std::move(labels)).counter.value = value;
}

void Exposition::gauge(const std::string& name, const std::string& help, double value, Labels labels) {
    families_->add(name, help, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = value;
}

void Exposition::histogram(const std::string& name, const std::string& help, const Histogram& value, Labels labels) {
    auto& out = families_->add(name, help, prometheus::MetricType::Histogram, std::move(labels)).histogram;
    std::uint64_t cumulative = 0;
    for (const auto& [bound, count] : value.buckets) out.bucket.push_back({cumulative += count, bound});
    cumulative += value.beyond;
    out.bucket.push_back({cumulative, std::numeric_limits<double>::infinity()});
    out.sample_count = cumulative;
    out.sample_sum = value.sum;
}

std::string Exposition::text() const {
    return prometheus::TextSerializer().Serialize(families_->list);
}

}  // namespace rookery::adapters::metrics
