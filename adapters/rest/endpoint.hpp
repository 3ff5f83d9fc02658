// The operations of the API in one table: it drives routing, permissions and GET /api/openapi.json.
#pragma once

#include <span>

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

enum class Access {
    checked,       // the role must grant the operation, else 403
    plain_errors,  // the same; why it cannot be told is answered without prefix (rest-api §5.1)
    own,           // a caller without the permission gets what is his own
    any_user,      // no permission asked
};

struct Endpoint {
    const char* method;
    const char* path;
    const char* module;  // of rest-api §5.2; "" with any_user
    Operation operation;
    void (*handle)(const Call&);
    Access access = Access::checked;
};

// The first one that matches a request wins.
std::span<const Endpoint> endpoints();

// Without authentication.
struct PublicEndpoint {
    const char* method;
    const char* path;
    void (*handle)(const ContextPtr&, const RequestPtr&, const Answer&);
};
std::span<const PublicEndpoint> public_endpoints();

}  // namespace rookery::adapters::rest
