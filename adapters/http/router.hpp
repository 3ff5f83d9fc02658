// Finds the handler of a request by method and path, and wraps matched routes in what every REST answer has:
// request id and CORS (rest-api §2.2–2.4).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/server.hpp"

namespace rookery::adapters::http {

// Pure. The path without "//", "/./" and "/../"; a trailing slash stays.
std::string clean_path(std::string_view path);
// Pure. "authorization" -> "Authorization"; unchanged if it is no header name.
std::string canonical_header_name(std::string_view name);

// What every port answers for a path that is not there.
Response not_found();

class Router {
public:
    // A fresh id for each matched request: response header X-Request-Id, and the request's own "x-request-id",
    // whatever the client sent.
    explicit Router(std::function<std::string()> new_request_id);

    // `pattern`: "/api/peers/{peerId}"; each {…} matches one non-empty segment, which lands in Request::path_values.
    // The first route that was added wins.
    void add(std::string method, std::string_view pattern, Handler handler);
    // No request id, no CORS: health checks.
    void add_plain(std::string method, std::string_view pattern, Handler handler);

    // Unknown paths and methods get 404 without middleware; unclean paths 301.
    void handle(std::shared_ptr<const Request> request, Respond respond) const;

private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;
        Handler handler;
        bool plain = false;
    };

    const std::function<std::string()> new_request_id_;
    std::vector<Route> routes_;
};

}  // namespace rookery::adapters::http
