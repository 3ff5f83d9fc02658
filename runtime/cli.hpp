// The command line: `rookery serve | signal | relay | management | status | tokens | setup-key | check-config |
// version`. Returns the process's exit code.
#pragma once

#include <string>
#include <vector>

namespace rookery::runtime {

int run_command_line(const std::vector<std::string>& arguments);  // without the program's name

}  // namespace rookery::runtime
