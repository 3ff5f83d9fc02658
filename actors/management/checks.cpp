#include "actors/management/checks.hpp"

#include <algorithm>

#include "actors/management/dns_label.hpp"
#include "actors/management/punycode.hpp"

namespace rookery::management {

using core::ErrorKind;
using core::fail;

Result<Done> check_groups(const AccountState& account, const std::vector<Id>& groups) {
    for (const auto& id : groups) {
        if (id.empty()) return fail(ErrorKind::invalid_argument, "group id should not be empty string");
        if (!account.groups.find(id)) return fail(ErrorKind::invalid_argument, "group id " + id + " not found");
    }
    return Done{};
}

Result<Done> check_some_groups(const AccountState& account, const std::vector<Id>& groups) {
    if (groups.empty()) return fail(ErrorKind::invalid_argument, "the list of group ids should not be empty");
    return check_groups(account, groups);
}

std::vector<Id> difference(const std::vector<Id>& a, const std::vector<Id>& b) {
    std::vector<Id> out;
    for (const auto& id : a)
        if (!std::count(b.begin(), b.end(), id) && !std::count(out.begin(), out.end(), id)) out.push_back(id);
    return out;
}

std::size_t length(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_wildcard(std::string_view domain) {
    return domain.starts_with("*.");
}

std::optional<std::string> ascii_domain(std::string_view text) {
    std::string out;
    if (is_wildcard(text)) {
        out = "*.";
        text.remove_prefix(2);
    }
    for (;;) {
        const auto part = text.substr(0, text.find('.'));
        const auto label = punycode_label(part);
        if (!label) return std::nullopt;
        for (const char c : *label) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (part.size() == text.size()) break;
        out += '.';
        text.remove_prefix(part.size() + 1);
    }
    if (!is_extra_dns_label(out)) return std::nullopt;
    return out;
}

std::string joined(const std::vector<std::string>& items, std::string_view separator) {
    std::string out;
    for (const auto& item : items) {
        if (&item != &items.front()) out += separator;
        out += item;
    }
    return out;
}

std::string event_list(const std::vector<std::string>& items) {
    return '[' + joined(items, " ") + ']';
}

}  // namespace rookery::management
