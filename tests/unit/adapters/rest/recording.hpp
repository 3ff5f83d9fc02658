// Recorded exchanges with the reference (tests/data/rest), replayed against a Host. Placeholders in recorded
// answers («id:4», «time» …) stand for values that differ from run to run: the same name is the same value.
#pragma once

#include <map>
#include <string>

#include "tests/unit/adapters/rest/host.hpp"

namespace rookery::adapters::rest::test {

struct Replay {
    Host& host;
    std::map<std::string, std::string> identities;  // name -> Authorization header
    std::map<std::string, std::string> variables;   // ${name}

    // Every step of the case, in order, with Catch checks. `drop`: members of answers that are not compared.
    void run(const std::string& group, const std::string& case_id, const std::vector<std::string>& drop = {});
};

// Whether `actual` is an instance of `recorded`; binds placeholders. Arrays are sets; null and [] are equal.
bool matches(const nlohmann::json& recorded, const nlohmann::json& actual, std::map<std::string, std::string>& bound);

}  // namespace rookery::adapters::rest::test
