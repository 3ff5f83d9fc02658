// The supervisors of the tree, by name: the restart intensity of each may be set.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace rookery::config {

inline constexpr std::array<std::string_view, 7> subtrees{"node",   "platform", "storage",   "roles",
                                                          "signal", "relay",    "management"};

// An entry for each, so that a reader never meets an absent one.
inline std::map<std::string, Supervision> default_supervision() {
    std::map<std::string, Supervision> out;
    for (const auto name : subtrees) out.emplace(name, Supervision{});
    return out;
}

}  // namespace rookery::config
