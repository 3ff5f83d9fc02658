#include "tests/unit/adapters/rest/recording.hpp"

#include <fstream>
#include <regex>

namespace rookery::adapters::rest::test {

namespace {

using nlohmann::json;

// The values a placeholder may stand for.
std::string pattern_of(const std::string& placeholder) {
    const auto kind = placeholder.substr(0, placeholder.find(':'));
    if (placeholder.starts_with("secret:setupkey")) return "[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}";
    if (placeholder.starts_with("secret:masked")) return R"(.{5}\*{4})";
    if (kind == "id") return "[0-9a-v]{20}";
    if (kind == "time") return R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)";
    if (kind == "ip4") return R"([0-9]+(?:\.[0-9]+){3})";
    if (kind == "ip6") return "[0-9a-f:]+";
    if (kind == "net6") return "[0-9a-f:]+/[0-9]+";
    if (kind == "ip-suffix") return "[0-9]+-[0-9]+";
    if (kind == "reason") return ".*";
    FAIL("unknown placeholder " << placeholder);
    return {};
}

bool text_matches(const std::string& recorded, const std::string& actual, std::map<std::string, std::string>& bound) {
    static const std::regex placeholder("«([^»]+)»");
    static const std::regex special(R"([.^$|()\[\]{}*+?\\])");
    std::string pattern;
    std::vector<std::string> names;
    auto rest = recorded;
    for (std::smatch found; std::regex_search(rest, found, placeholder); rest = found.suffix()) {
        pattern += std::regex_replace(found.prefix().str(), special, R"(\$&)") + "(" + pattern_of(found[1]) + ")";
        names.push_back(found[1]);
    }
    pattern += std::regex_replace(rest, special, R"(\$&)");
    std::smatch values;
    if (!std::regex_match(actual, values, std::regex(pattern))) return false;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool numbered = names[i].find(':') != std::string::npos && names[i] != "secret:masked";
        if (numbered && bound.emplace(names[i], values[i + 1]).first->second != values[i + 1]) return false;
    }
    return true;
}

// Each recorded element finds one of its own; tries all ways, since a wrong choice binds placeholders wrongly.
bool set_matches(const json& recorded, std::size_t at, std::vector<json> left,
                 std::map<std::string, std::string>& bound) {
    if (at == recorded.size()) return left.empty();
    for (std::size_t i = 0; i < left.size(); ++i) {
        auto trial = bound;
        if (!matches(recorded[at], left[i], trial)) continue;
        auto rest = left;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
        if (!set_matches(recorded, at + 1, std::move(rest), trial)) continue;
        bound = std::move(trial);
        return true;
    }
    return false;
}

bool empty_list(const json& value) {
    return value.is_null() || (value.is_array() && value.empty());
}

std::string expand(std::string text, const std::map<std::string, std::string>& variables) {
    for (const auto& [name, value] : variables) {
        const auto reference = "${" + name + "}";
        for (auto at = text.find(reference); at != std::string::npos; at = text.find(reference))
            text.replace(at, reference.size(), value);
    }
    static const std::regex repeated("(.)~x([0-9]+)");
    if (std::smatch found; std::regex_match(text, found, repeated))
        return std::string(std::stoul(found[2]), found[1].str().front());
    return text;
}

json expand(json value, const std::map<std::string, std::string>& variables) {
    if (value.is_string()) return expand(value.get<std::string>(), variables);
    if (value.is_structured())
        for (auto& element : value) element = expand(element, variables);
    return value;
}

const json& cases_of(const std::string& group) {
    static std::map<std::string, json> loaded;
    auto& cases = loaded[group];
    if (cases.is_null()) {
        std::ifstream file(std::string(TEST_DATA) + "/rest/" + group + ".json");
        REQUIRE(file);
        cases = json::parse(file);
    }
    return cases;
}

}  // namespace

bool matches(const json& recorded, const json& actual, std::map<std::string, std::string>& bound) {
    if (empty_list(recorded) && empty_list(actual)) return true;
    if (recorded.is_string() && actual.is_string())
        return text_matches(recorded.get<std::string>(), actual.get<std::string>(), bound);
    if (recorded.is_array() && actual.is_array())
        return recorded.size() == actual.size() && set_matches(recorded, 0, actual.get<std::vector<json>>(), bound);
    if (recorded.is_object() && actual.is_object()) {
        if (recorded.size() != actual.size()) return false;
        for (const auto& [name, value] : recorded.items())
            if (!actual.contains(name) || !matches(value, actual[name], bound)) return false;
        return true;
    }
    return recorded == actual;
}

void Replay::run(const std::string& group, const std::string& case_id, const std::vector<std::string>& drop) {
    const json* steps = nullptr;
    for (const auto& recorded : cases_of(group))
        if (recorded["id"] == case_id) steps = &recorded["steps"];
    REQUIRE(steps);
    std::map<std::string, std::string> bound;
    for (const auto& step : *steps) {
        const auto& request = step["request"];
        const auto as = request.value("as", std::string("admin"));
        std::string authorization;
        if (as == "garbage")
            authorization = "Bearer not.a.token";
        else if (const auto known = identities.find(as); known != identities.end())
            authorization = known->second;
        else if (as != "none")
            authorization = expand(as, variables);
        std::string body = request.value("raw", std::string());
        if (request.contains("body")) body = expand(request["body"], variables).dump();
        http::Headers headers;
        const auto sent_headers = request.value("headers", json::object());
        for (const auto& [name, value] : sent_headers.items()) {
            auto lower = name;
            std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
            headers.emplace_back(lower, value.get<std::string>());
        }

        const auto answer = host.ask(request["method"], expand(request["path"].get<std::string>(), variables),
                                     authorization, body, headers);
        INFO(case_id << ": " << request.dump().substr(0, 500) << "\nrecorded: " << step["response"].dump()
                     << "\nanswer: " << answer.status << " " << answer.body);
        const auto& recorded = step["response"];
        if (step.contains("also") && answer.status != recorded["status"]) {
            const auto also = step["also"].get<std::vector<int>>();
            CHECK(std::count(also.begin(), also.end(), answer.status) == 1);
            continue;
        }
        CHECK(answer.status == recorded["status"]);
        const auto recorded_headers = recorded.value("headers", json::object());
        for (const auto& [name, value] : recorded_headers.items()) {
            INFO("header " << name);
            bool found = false;
            for (const auto& [key, sent] : answer.headers) {
                auto lower = key;
                std::transform(lower.begin(), lower.end(), lower.begin(),
                               [](unsigned char c) { return std::tolower(c); });
                found = found || (lower == name && text_matches(value, sent, bound));
            }
            CHECK(found);
        }
        if (recorded.contains("text")) CHECK(answer.body == recorded["text"].get<std::string>());
        if (!recorded.contains("body") || recorded["body"].is_null()) continue;
        auto expected = recorded["body"];
        auto actual = json::parse(answer.body);
        for (const auto& name : drop) {
            if (expected.is_object()) expected.erase(name);
            if (actual.is_object()) actual.erase(name);
        }
        CHECK(matches(expected, actual, bound));
        const auto saved = step.value("save", json::object());
        for (const auto& [variable, path] : saved.items()) variables[variable] = actual.at(path.get<std::string>());
    }
}

}  // namespace rookery::adapters::rest::test
