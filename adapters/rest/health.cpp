#include "adapters/rest/health.hpp"

namespace rookery::adapters::rest {

http::Response health_answer(const Health& health) {
    Json checks = Json::object();
    for (const auto& [name, check] : health.checks) {
        Json json{{"status", check.status}};
        if (check.latency_ms) json["latency_ms"] = *check.latency_ms;
        checks[name] = std::move(json);
    }
    auto response =
        json_answer(Json{{"status", health.status}, {"version", health.version}, {"checks", std::move(checks)}},
                    health.http_status);
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

}  // namespace rookery::adapters::rest
