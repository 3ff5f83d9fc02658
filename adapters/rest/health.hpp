// GET and HEAD /api/health for load balancers (config-ops §7.2): no authentication, no request id, no log line.
#pragma once

#include "adapters/rest/answers.hpp"
#include "adapters/rest/api.hpp"

namespace rookery::adapters::rest {

http::Response health_answer(const Health& health);

}  // namespace rookery::adapters::rest
