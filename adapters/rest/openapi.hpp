// GET /api/openapi.json: the operations of the table, with what each asks of the caller.
#pragma once

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

Json openapi_json();

void get_openapi(const ContextPtr& context, const RequestPtr& request, const Answer& answer);

}  // namespace rookery::adapters::rest
