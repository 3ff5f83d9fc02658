#include "actors/management/agent_version.hpp"

#include <charconv>
#include <optional>

namespace rookery::management {
namespace {

// <0, 0, >0 against `minimum`; nothing if it is no version.
std::optional<int> compare(std::string_view version, const VersionNumber& minimum) {
    version = version.substr(0, version.find('-'));
    if (version.starts_with('v')) version.remove_prefix(1);
    int result = 0;
    for (std::size_t segment = 0;; ++segment) {
        unsigned number = 0;
        const auto* end = version.data() + version.size();
        const auto [rest, error] = std::from_chars(version.data(), end, number);
        if (error != std::errc() || (rest != end && *rest != '.')) return std::nullopt;
        const auto wanted = segment < minimum.size() ? minimum[segment] : 0;
        if (result == 0 && number != wanted) result = number < wanted ? -1 : 1;
        if (rest == end) {
            for (auto missing = segment + 1; result == 0 && missing < minimum.size(); ++missing)
                if (minimum[missing] != 0) result = -1;
            return result;
        }
        version.remove_prefix(static_cast<std::size_t>(rest - version.data()) + 1);
    }
}

}  // namespace

bool is_development_version(std::string_view version) {
    return version.starts_with("development") || version.starts_with("ci-") || version.starts_with("dev-");
}

bool meets_version(std::string_view version, const VersionNumber& minimum) {
    const auto order = compare(version, minimum);
    return order && *order >= 0;
}

bool meets_release(std::string_view version, const VersionNumber& minimum) {
    const auto order = compare(version, minimum);
    if (!order || *order < 0) return false;
    return *order > 0 || version.find('-') == std::string_view::npos;
}

}  // namespace rookery::management
