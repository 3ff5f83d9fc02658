// An environment made of a table, so that no test reads the process's own.
#pragma once

#include <map>
#include <string>

#include "config/load.hpp"

namespace rookery::config::test {

inline Environment variables(std::map<std::string, std::string> table) {
    return Environment(std::move(table));
}

inline const Environment no_variables = variables({});

using Lines = std::vector<std::string>;

}  // namespace rookery::config::test
