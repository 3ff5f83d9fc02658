#include "actors/core/error.hpp"

namespace rookery::core {

const char* to_string(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::invalid_argument: return "invalid argument";
        case ErrorKind::bad_request: return "bad request";
        case ErrorKind::unauthorized: return "unauthorized";
        case ErrorKind::permission_denied: return "permission denied";
        case ErrorKind::not_found: return "not found";
        case ErrorKind::already_exists: return "already exists";
        case ErrorKind::precondition_failed: return "precondition failed";
        case ErrorKind::too_many_requests: return "too many requests";
        case ErrorKind::unavailable: return "unavailable";
        case ErrorKind::internal: return "internal";
    }
    return "unknown";
}

}  // namespace rookery::core
