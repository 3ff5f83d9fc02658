#include "actors/management/semantic_version.hpp"

#include <algorithm>
#include <charconv>

namespace rookery::management {

std::optional<SemanticVersion> parse_semantic_version(std::string_view text) {
    if (text.starts_with('v')) text.remove_prefix(1);
    text = text.substr(0, text.find('+'));
    SemanticVersion version;
    if (const auto dash = text.find('-'); dash != std::string_view::npos) {
        version.pre_release = text.substr(dash + 1);
        if (version.pre_release.empty()) return std::nullopt;
        text = text.substr(0, dash);
    }
    for (;;) {
        const auto* end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, version.numbers.emplace_back());
        if (error != std::errc() || (rest != end && *rest != '.')) return std::nullopt;
        if (rest == end) return version;
        text.remove_prefix(static_cast<std::size_t>(rest - text.data()) + 1);
    }
}

bool operator<(const SemanticVersion& a, const SemanticVersion& b) {
    for (std::size_t i = 0; i < std::max(a.numbers.size(), b.numbers.size()); ++i) {
        const auto x = i < a.numbers.size() ? a.numbers[i] : 0;
        const auto y = i < b.numbers.size() ? b.numbers[i] : 0;
        if (x != y) return x < y;
    }
    if (a.pre_release.empty() || b.pre_release.empty()) return !a.pre_release.empty() && b.pre_release.empty();
    return a.pre_release < b.pre_release;
}

bool at_least(std::string_view version, std::string_view minimum) {
    const auto v = parse_semantic_version(version);
    const auto m = parse_semantic_version(minimum);
    return v && m && !(*v < *m);
}

}  // namespace rookery::management
