// Recorded exchanges with the reference (tests/data/rest), replayed against a Host. Placeholders in recorded
// answers («id:4», «time» …) stand for values that differ from run to run: the same name is the same value.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/adapters/rest/host.hpp"

namespace rookery::adapters::rest::test {

// A step that is not replayed: what it stands on is not there, or our answer differs on purpose.
struct Skipped {
    std::string case_id;
    std::size_t step;
    std::string reason;
};

struct Replay {
    Host& host;
    std::map<std::string, std::string> identities;  // name -> Authorization header
    std::map<std::string, std::string> variables;   // ${name}
    // Members of answers that are not compared, wherever they stand.
    std::vector<std::string> drop;
    std::map<std::string, std::string> bound;  // what placeholders stood for in the prelude

    // Every step of the case, in order, with Catch checks.
    void run(const std::string& group, const std::string& case_id, const std::vector<Skipped>& skipped = {});
    // The prelude of the group, then all its cases.
    void run_group(const std::string& group, const std::vector<Skipped>& skipped = {});

private:
    using Bound = std::map<std::string, std::string>;

    void run_step(const nlohmann::json& step, Bound& bound);
    void run_request(const nlohmann::json& step, Bound& bound);
    void add_user(const nlohmann::json& user, bool service_user);
    void add_peer(const nlohmann::json& peer);
    http::Response ask(const nlohmann::json& request);
    std::string authorization_of(const std::string& as) const;
};

// Whether `actual` is an instance of `recorded`; binds placeholders. Arrays are sets; null and [] are equal.
bool matches(const nlohmann::json& recorded, const nlohmann::json& actual, std::map<std::string, std::string>& bound);

}  // namespace rookery::adapters::rest::test
