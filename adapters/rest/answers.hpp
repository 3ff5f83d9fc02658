// JSON answers and errors (rest-api §2.5, §4).
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "actors/core/clock.hpp"
#include "actors/core/error.hpp"
#include "adapters/http/server.hpp"

namespace rookery::adapters::rest {

using Json = nlohmann::ordered_json;

inline constexpr auto json_utf8 = "application/json; charset=UTF-8";

// 200 (or `status`) with the body and a line feed. Text that is no UTF-8 gets replacement characters.
http::Response json_answer(const Json& body, int status = 200, std::string content_type = json_utf8);

int http_status(core::ErrorKind kind);
// {"message","code"}, the message in lower case as the reference sends it.
http::Response error_answer(const core::Error& error);
// The same with the message as it is: what handlers of the reference write themselves.
http::Response error_answer(int status, const std::string& message);

// RFC 3339, UTC, fraction without trailing zeros. core::never is the zero time 0001-01-01T00:00:00Z.
std::string timestamp(core::WallTime time);

}  // namespace rookery::adapters::rest
