// Versions as posture checks compare them (network-map §1, §2.9).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::management {

struct SemanticVersion {
    std::vector<unsigned long> numbers;  // missing ones count as 0
    std::string pre_release;             // a version with one is older than the same without
};

// Dotted numbers with an optional "v" before, "-pre-release" and "+build" behind.
std::optional<SemanticVersion> parse_semantic_version(std::string_view text);

bool operator<(const SemanticVersion& a, const SemanticVersion& b);

// False if either is not a version.
bool at_least(std::string_view version, std::string_view minimum);

}  // namespace rookery::management
