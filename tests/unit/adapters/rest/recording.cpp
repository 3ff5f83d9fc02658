#include "tests/unit/adapters/rest/recording.hpp"

#include <fstream>
#include <regex>

#include "actors/management/roles.hpp"

namespace rookery::adapters::rest::test {

namespace {

using nlohmann::json;

// The values a placeholder may stand for.
std::string pattern_of(const std::string& placeholder) {
    const auto kind = placeholder.substr(0, placeholder.find(':'));
    if (placeholder.starts_with("secret:setupkey")) return "[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}";
    if (placeholder.starts_with("secret:pat")) return "nbp_[0-9A-Za-z]{36}";
    if (placeholder.starts_with("secret:password")) return ".{16,}";
    if (placeholder.starts_with("secret:masked")) return R"(.{5}\*{4})";
    // Service users have a UUID.
    if (kind == "id") return "[0-9a-v]{20}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    if (kind == "net4") return "[0-9.]+/[0-9]+";
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
    if (!value.is_structured()) return value;
    if (value.is_object()) {
        auto expanded = json::object();
        for (const auto& [name, element] : value.items())
            expanded[expand(name, variables)] = expand(element, variables);
        return expanded;
    }
    for (auto& element : value) element = expand(element, variables);
    return value;
}

// {"prelude", "cases"}; a group without prelude may be the list of its cases.
const json& recorded_group(const std::string& group) {
    static std::map<std::string, json> loaded;
    auto& data = loaded[group];
    if (data.is_null()) {
        std::ifstream file(std::string(TEST_DATA) + "/rest/" + group + ".json");
        REQUIRE(file);
        data = json::parse(file);
        if (data.is_array()) data = {{"prelude", json::array()}, {"cases", data}};
    }
    return data;
}

// "id", "rules.0.id", "[name=x].id".
json value_at(json value, const std::string& path) {
    std::size_t from = 0;
    while (from < path.size()) {
        const auto dot = std::min(path.find('.', from), path.size());
        const auto part = path.substr(from, dot - from);
        from = dot + 1;
        if (part.starts_with('[')) {
            const auto equals = part.find('=');
            const auto name = part.substr(1, equals - 1), wanted = part.substr(equals + 1, part.size() - equals - 2);
            json found;
            for (const auto& element : value)
                if (element.at(name) == wanted) found = element;
            value = found;
        } else if (value.is_array()) {
            value = json(value.at(std::stoul(part)));
        } else {
            value = json(value.at(part));
        }
    }
    return value;
}

// The name of a member may be a placeholder that stands for something by now.
std::string name_of(const std::string& key, const std::map<std::string, std::string>& bound) {
    static const std::regex placeholder("«([^»]+)»");
    std::smatch found;
    if (!std::regex_match(key, found, placeholder)) return key;
    const auto known = bound.find(found[1]);
    return known == bound.end() ? key : known->second;
}

void remove_members(json& value, const std::vector<std::string>& names) {
    if (value.is_object())
        for (const auto& name : names) value.erase(name);
    if (value.is_structured())
        for (auto& element : value) remove_members(element, names);
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
        for (const auto& [key, value] : recorded.items()) {
            const auto name = name_of(key, bound);
            if (!actual.contains(name) || !matches(value, actual[name], bound)) return false;
        }
        return true;
    }
    return recorded == actual;
}

void Replay::run(const std::string& group, const std::string& case_id, const std::vector<Skipped>& skipped) {
    const json* steps = nullptr;
    for (const auto& recorded : recorded_group(group)["cases"])
        if (recorded["id"] == case_id) steps = &recorded["steps"];
    REQUIRE(steps);
    auto case_bound = bound;
    for (std::size_t i = 0; i < steps->size(); ++i) {
        const bool skip = std::any_of(skipped.begin(), skipped.end(),
                                      [&](const Skipped& s) { return s.case_id == case_id && s.step == i; });
        INFO(group << " " << case_id << ", step " << i);
        if (!skip) run_step((*steps)[i], case_bound);
    }
}

void Replay::run_group(const std::string& group, const std::vector<Skipped>& skipped) {
    for (const auto& step : recorded_group(group)["prelude"]) run_step(step, bound);
    for (const auto& recorded : recorded_group(group)["cases"]) run(group, recorded["id"], skipped);
}

void Replay::run_step(const json& step, Bound& step_bound) {
    if (step.contains("request")) return run_request(step, step_bound);
    if (step.contains("user")) return add_user(step["user"], false);
    if (step.contains("service_user")) return add_user(step["service_user"], true);
    if (step.contains("peer")) return add_peer(step["peer"]);
    FAIL("a step of an unknown kind: " << step.dump());
}

void Replay::add_user(const json& user, bool service_user) {
    const auto name = user["as"].get<std::string>();
    const auto role = management::parse_role(user["role"].get<std::string>());
    REQUIRE(role);
    auto& id = variables[name + "_id"];
    id = host.add_user(name, *role, [&](auto& added) { added.service_user = service_user; });
    identities[name] = host.token_for(id);
}

void Replay::add_peer(const json& peer) {
    const auto name = peer["as"].get<std::string>();
    const auto key = management::hash_setup_key(expand(peer["setup_key"].get<std::string>(), variables), host.crypto);
    variables[name + "_peer"] = host.add_peer(peer["hostname"], key);
}

std::string Replay::authorization_of(const std::string& as) const {
    if (as == "garbage") return "Bearer not.a.token";
    if (as == "none") return {};
    const auto known = identities.find(as);
    return known != identities.end() ? known->second : expand(as, variables);
}

http::Response Replay::ask(const json& request) {
    std::string body = request.value("raw", std::string());
    if (request.contains("body")) body = expand(request["body"], variables).dump();
    http::Headers headers;
    const auto sent_headers = request.value("headers", json::object());
    for (const auto& [name, value] : sent_headers.items()) {
        auto lower = name;
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
        headers.emplace_back(lower, value.get<std::string>());
    }
    return host.ask(request["method"], expand(request["path"].get<std::string>(), variables),
                    authorization_of(request.value("as", std::string("admin"))), body, headers);
}

void Replay::run_request(const json& step, Bound& step_bound) {
    const auto& request = step["request"];
    const auto& recorded = step["response"];
    const auto answer = ask(request);
    INFO(request.dump().substr(0, 500) << "\nrecorded: " << recorded.dump() << "\nanswer: " << answer.status << " "
                                       << answer.body);
    if (step.contains("also") && answer.status != recorded["status"]) {
        const auto also = step["also"].get<std::vector<int>>();
        CHECK(std::count(also.begin(), also.end(), answer.status) == 1);
        return;
    }
    CHECK(answer.status == recorded["status"]);
    const auto recorded_headers = recorded.value("headers", json::object());
    for (const auto& [name, value] : recorded_headers.items()) {
        INFO("header " << name);
        bool found = false;
        for (const auto& [key, sent] : answer.headers) {
            auto lower = key;
            std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
            found = found || (lower == name && text_matches(value, sent, step_bound));
        }
        CHECK(found);
    }
    if (recorded.contains("text")) CHECK(answer.body == recorded["text"].get<std::string>());
    if (!recorded.contains("body") || recorded["body"].is_null()) return;
    const auto actual = json::parse(answer.body);
    auto compared = actual, expected = recorded["body"];
    remove_members(expected, drop);
    remove_members(compared, drop);
    CHECK(matches(expected, compared, step_bound));
    const auto saved = step.value("save", json::object());
    for (const auto& [variable, path] : saved.items()) variables[variable] = value_at(actual, path.get<std::string>());
}

}  // namespace rookery::adapters::rest::test
