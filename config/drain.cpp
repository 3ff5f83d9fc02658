#include "config/drain.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/duration.hpp"
#include "config/environment.hpp"

namespace rookery::config {
namespace {

constexpr std::chrono::seconds default_grace{10};  // what Compose gives a container before it kills it

}  // namespace

void settle_drain(const Environment& environment, Config& config) {
    auto& drain = config.drain;
    const std::array variables{std::pair{"ROOKERY_DRAIN_DELAY", &drain.delay},
                               std::pair{"ROOKERY_DRAIN_TIMEOUT", &drain.timeout},
                               std::pair{"ROOKERY_DRAIN_GOODBYE", &drain.goodbye}};
    for (const auto& [name, value] : variables) {
        const auto text = env_text(environment, name);
        if (!text) continue;
        const auto parsed = parse_duration(*text);
        if (parsed && parsed->count() >= 0)
            *value = std::chrono::duration_cast<std::chrono::milliseconds>(*parsed);
        else
            config.warnings.push_back(
                ignored_variable(name, parsed ? fmt::format("\"{}\" must not be negative", *text) : parsed.error()));
    }
    const auto longest = std::chrono::ceil<std::chrono::seconds>(drain.delay + drain.timeout + drain.goodbye);
    if (longest >= default_grace)
        config.notes.push_back(
            fmt::format("draining takes up to {0} s: Compose needs stop_grace_period: {1}s (its default is 10 s), "
                        "Kubernetes terminationGracePeriodSeconds: {1}, systemd TimeoutStopSec={1}",
                        longest.count(), longest.count() + 2));
}

}  // namespace rookery::config
