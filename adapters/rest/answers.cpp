#include "adapters/rest/answers.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

namespace rookery::adapters::rest {

http::Response json_answer(const Json& body, int status, std::string content_type) {
    return {status,
            {{"Content-Type", std::move(content_type)}},
            body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

int http_status(core::ErrorKind kind) {
    switch (kind) {
        case core::ErrorKind::invalid_argument: return 422;
        case core::ErrorKind::bad_request: return 400;
        case core::ErrorKind::unauthorized: return 401;
        case core::ErrorKind::permission_denied: return 403;
        case core::ErrorKind::not_found: return 404;
        case core::ErrorKind::already_exists: return 409;
        case core::ErrorKind::precondition_failed: return 412;
        case core::ErrorKind::too_many_requests: return 429;
        case core::ErrorKind::unavailable: return 503;
        case core::ErrorKind::internal: return 500;
    }
    return 500;
}

http::Response error_answer(const core::Error& error) {
    auto message = error.message;
    std::transform(message.begin(), message.end(), message.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return error_answer(http_status(error.kind), message);
}

http::Response error_answer(int status, const std::string& message) {
    return json_answer(Json{{"message", message}, {"code", status}}, status);
}

std::string timestamp(core::WallTime time) {
    if (time == core::never) return "0001-01-01T00:00:00Z";
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    auto out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                           clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto nanoseconds = clock.subseconds().count(); nanoseconds != 0) {
        out += fmt::format(".{:09}", nanoseconds);
        while (out.ends_with('0')) out.pop_back();
    }
    return out + "Z";
}

}  // namespace rookery::adapters::rest
