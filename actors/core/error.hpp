// Errors are values. One type for all areas: a class that decides how the edges answer (gRPC code, HTTP
// status) and a text that says what was wrong, with which value, and what to do.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace rookery::core {

// What kind of failure it is. The edges map it: gRPC as in spec management-grpc §C.0, HTTP as in rest-api §4.2.
enum class ErrorKind {
    invalid_argument,     // the request itself is wrong               HTTP 422
    bad_request,          // the request cannot be read at all         HTTP 400
    unauthorized,         // no or bad credentials                     HTTP 401
    permission_denied,    // known caller, not allowed                 HTTP 403
    not_found,            // the object is proven absent               HTTP 404
    already_exists,       //                                           HTTP 409
    precondition_failed,  // the state forbids it                      HTTP 412
    too_many_requests,    //                                           HTTP 429
    unavailable,          // transient: try again (store away, drain)  HTTP 503
    internal,             // a fault of ours                           HTTP 500
};

const char* to_string(ErrorKind kind) noexcept;

struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string message;

    friend bool operator==(const Error&, const Error&) = default;
};

// A failed read is an Error, never an empty T.
template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
    return tl::unexpected<Error>(Error{kind, std::move(message)});
}

}  // namespace rookery::core
