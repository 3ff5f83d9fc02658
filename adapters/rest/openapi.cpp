#include "adapters/rest/openapi.hpp"

#include <algorithm>

#include "adapters/rest/endpoint.hpp"

namespace rookery::adapters::rest {

namespace {

const char* name_of(Operation operation) {
    switch (operation) {
        case Operation::create: return "create";
        case Operation::read: return "read";
        case Operation::update: return "update";
        case Operation::remove: return "delete";
    }
    return "";
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

Json path_parameters(std::string_view path) {
    Json list = Json::array();
    for (auto open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
        const auto name = path.substr(open + 1, path.find('}', open) - open - 1);
        list.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    }
    return list;
}

Json operation_json(std::string_view method, std::string_view path) {
    const auto part = path.substr(std::string_view("/api/").size());
    Json json{
        {"tags", Json::array({std::string(part.substr(0, part.find('/')))})},
        {"parameters", path_parameters(path)},
        {"responses", {{"200", {{"description", "done"}}}, {"default", {{"$ref", "#/components/responses/Error"}}}}}};
    if (method == "POST" || method == "PUT")
        json["requestBody"] = {{"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}};
    return json;
}

Json error_json() {
    const Json schema{{"type", "object"},
                      {"properties", {{"message", {{"type", "string"}}}, {"code", {{"type", "integer"}}}}}};
    return {{"description", "why not"}, {"content", {{"application/json", {{"schema", schema}}}}}};
}

}  // namespace

Json openapi_json() {
    Json paths = Json::object();
    for (const auto& endpoint : public_endpoints()) {
        auto json = operation_json(endpoint.method, endpoint.path);
        json["security"] = Json::array();
        paths[endpoint.path][lower(endpoint.method)] = std::move(json);
    }
    for (const auto& endpoint : endpoints()) {
        auto json = operation_json(endpoint.method, endpoint.path);
        if (endpoint.access != Access::any_user)
            json["x-permission"] = std::string(endpoint.module) + ":" + name_of(endpoint.operation);
        paths[endpoint.path][lower(endpoint.method)] = std::move(json);
    }
    const Json scheme{{"type", "apiKey"}, {"in", "header"}, {"name", "Authorization"}};
    return {{"openapi", "3.0.3"},
            {"info", {{"title", "Rookery"}, {"version", api_version}}},
            {"paths", std::move(paths)},
            {"security", Json::array({Json{{"TokenAuth", Json::array()}}})},
            {"components", {{"securitySchemes", {{"TokenAuth", scheme}}}, {"responses", {{"Error", error_json()}}}}}};
}

void get_openapi(const ContextPtr&, const RequestPtr&, const Answer& answer) {
    answer.json(openapi_json());
}

}  // namespace rookery::adapters::rest
