// "did you mean": the candidate a mistyped word most likely stands for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::config {

// Letters inserted, removed, replaced or two neighbours swapped; upper and lower case count as equal.
std::size_t edit_distance(std::string_view a, std::string_view b);

// std::nullopt when nothing is near enough to be meant.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace rookery::config
