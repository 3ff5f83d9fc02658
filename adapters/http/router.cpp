#include "adapters/http/router.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "adapters/http/percent.hpp"

namespace rookery::adapters::http {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> out;
    for (;;) {
        const auto end = text.find(separator);
        out.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// What the {…} segments matched, or nothing.
std::optional<std::vector<std::string>> match(const std::vector<std::string>& pattern,
                                              const std::vector<std::string>& path) {
    if (pattern.size() != path.size()) return std::nullopt;
    std::vector<std::string> values;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (pattern[i].starts_with('{')) {
            if (path[i].empty()) return std::nullopt;
            values.push_back(path[i]);
        } else if (pattern[i] != path[i]) {
            return std::nullopt;
        }
    }
    return values;
}

bool has_value(const std::optional<std::string_view>& header) {
    return header && !header->empty();
}

Headers preflight(const Request& request) {
    Headers out{{"Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}};
    static constexpr std::array<std::string_view, 6> allowed{"HEAD", "GET", "POST", "PUT", "PATCH", "DELETE"};
    std::string method(*request.header("access-control-request-method"));
    std::transform(method.begin(), method.end(), method.begin(), upper);
    if (!has_value(request.header("origin")) || std::find(allowed.begin(), allowed.end(), method) == allowed.end())
        return out;
    out.emplace_back("Access-Control-Allow-Origin", "*");
    out.emplace_back("Access-Control-Allow-Methods", method);
    std::string names;
    for (const auto& name : split(request.header("access-control-request-headers").value_or(""), ','))
        if (const auto trimmed = trim(name); !trimmed.empty())
            names += (names.empty() ? "" : ", ") + canonical_header_name(trimmed);
    if (!names.empty()) out.emplace_back("Access-Control-Allow-Headers", std::move(names));
    return out;
}

}  // namespace

Response not_found() {
    return {404,
            {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}},
            "404 page not found\n"};
}

std::string clean_path(std::string_view path) {
    std::vector<std::string> kept;
    for (auto& segment : split(path, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment != "..")
            kept.push_back(std::move(segment));
        else if (!kept.empty())
            kept.pop_back();
    }
    std::string out;
    for (const auto& segment : kept) out += "/" + segment;
    if (out.empty() || path.ends_with('/')) out += '/';
    return out;
}

std::string canonical_header_name(std::string_view name) {
    static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    std::string out(name);
    bool first = true;
    for (auto& c : out) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
        if (!alphanumeric && marks.find(c) == std::string_view::npos) return std::string(name);
        c = first ? upper(c) : lower(c);
        first = c == '-';
    }
    return out;
}

Router::Router(std::function<std::string()> new_request_id) : new_request_id_(std::move(new_request_id)) {}

void Router::add(std::string method, std::string_view pattern, Handler handler) {
    routes_.push_back({std::move(method), split(pattern, '/'), std::move(handler), false});
}

void Router::add_plain(std::string method, std::string_view pattern, Handler handler) {
    routes_.push_back({std::move(method), split(pattern, '/'), std::move(handler), true});
}

void Router::handle(std::shared_ptr<const Request> request, Respond respond) const {
    if (request->path.starts_with('/')) {
        if (const auto cleaned = clean_path(request->path); cleaned != request->path) {
            const auto query = request->query.empty() ? std::string() : "?" + request->query;
            return respond({301, {{"Location", percent_encode_path(cleaned) + query}}, {}});
        }
    }

    const auto path = split(request->path, '/');
    const bool options = request->method == "OPTIONS";
    const Route* found = nullptr;
    std::vector<std::string> values;
    for (const auto& route : routes_) {
        if (!options && route.method != request->method) continue;
        auto matched = match(route.segments, path);
        if (!matched) continue;
        found = &route;
        values = std::move(*matched);
        break;
    }
    if (!found) return respond(not_found());
    if (found->plain && !options) return found->handler(std::move(request), std::move(respond));

    const auto id = new_request_id_();
    if (options && has_value(request->header("access-control-request-method"))) {
        auto headers = preflight(*request);
        headers.emplace_back("X-Request-Id", id);
        return respond({204, std::move(headers), {}});
    }

    const bool cross_origin = has_value(request->header("origin"));
    auto decorated = [respond = std::move(respond), id, cross_origin](Response response) {
        response.headers.emplace_back("Vary", "Origin");
        if (cross_origin) response.headers.emplace_back("Access-Control-Allow-Origin", "*");
        response.headers.emplace_back("X-Request-Id", id);
        respond(std::move(response));
    };
    // The reference runs the path's first handler for an OPTIONS that is no pre-flight; nobody needs that.
    if (options) return decorated({204, {}, {}});

    auto routed = std::make_shared<Request>(*request);
    routed->path_values = std::move(values);
    std::erase_if(routed->headers, [](const auto& header) { return header.first == "x-request-id"; });
    routed->headers.emplace_back("x-request-id", id);
    found->handler(std::move(routed), std::move(decorated));
}

}  // namespace rookery::adapters::http
