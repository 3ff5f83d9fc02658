#include "runtime/health.hpp"

#include <fmt/chrono.h>

#include "actors/core/clock.hpp"
#include "adapters/http/router.hpp"

namespace rookery::runtime {
namespace {

using adapters::http::Respond;
using adapters::http::Response;

std::string rfc3339(core::WallTime now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                       (now - seconds).count());
}

Response line(int status, const std::string& text) {
    return {status, {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}}, text + "\n"};
}

Response report(bool healthy, bool relay, bool certificate_valid) {
    return {healthy ? 200 : 503,
            {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
            fmt::format(R"({{"status":"{}","timestamp":"{}","listeners":{},"certificate_valid":{}}})",
                        healthy ? "healthy" : "unhealthy", rfc3339(core::wall_now()),
                        relay && healthy ? R"(["ws"])" : "null", certificate_valid)};
}

}  // namespace

adapters::http::Handler health_handler(HealthSources sources) {
    return [sources = std::move(sources)](const std::shared_ptr<const adapters::http::Request>& request,
                                          const Respond& respond) {
        const auto state = sources.state();
        if (request->path == "/live") return respond(line(200, "live"));
        if (request->path == "/ready") return respond(line(state.ready() ? 200 : 503, state.text()));
        if (request->path != "/health") return respond(adapters::http::not_found());
        if (!state.ready()) return respond(report(false, sources.relay, sources.certificate_valid()));
        sources.probe([respond, relay = sources.relay, valid = sources.certificate_valid()](bool answers) {
            respond(report(answers, relay, valid));
        });
    };
}

}  // namespace rookery::runtime
