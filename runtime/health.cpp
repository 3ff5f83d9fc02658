#include "runtime/health.hpp"

#include <fmt/chrono.h>

#include "actors/core/clock.hpp"
#include "adapters/http/router.hpp"

namespace rookery::runtime {
namespace {

std::string rfc3339(core::WallTime now) {
    return fmt::format(
        "{:%Y-%m-%dT%H:%M:%S}Z",
        fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::seconds>(now))));
}

}  // namespace

adapters::http::Handler health_handler(std::function<bool()> ready, bool relay,
                                       std::function<bool()> certificate_valid) {
    return [ready = std::move(ready), relay, certificate_valid = std::move(certificate_valid)](
               const std::shared_ptr<const adapters::http::Request>& request, const adapters::http::Respond& respond) {
        if (request->path != "/health") return respond(adapters::http::not_found());
        adapters::http::Response response;
        const bool healthy = ready();
        response.status = healthy ? 200 : 503;
        response.headers = {{"Content-Type", "application/json"}};
        response.body = fmt::format(R"({{"status":"{}","timestamp":"{}","listeners":{},"certificate_valid":{}}})",
                                    healthy ? "healthy" : "unhealthy", rfc3339(core::wall_now()),
                                    relay ? R"(["ws"])" : "null", certificate_valid());
        respond(std::move(response));
    };
}

}  // namespace rookery::runtime
