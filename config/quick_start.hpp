// `rookery serve` without a file: the section an operator would have had to write.
#pragma once

#include <optional>
#include <string>

#include "config/config_file.hpp"
#include "config/load.hpp"
#include "config/outcome.hpp"

namespace rookery::config {

struct Machine {
    std::optional<std::string> address;  // first_address()
    bool root = false;
};

Parsed<ConfigFile> quick_start(const ServeOptions& options, const Machine& machine);

}  // namespace rookery::config
