#include "actors/management/dns_label.hpp"

#include <algorithm>

#include "actors/management/punycode.hpp"

namespace rookery::management {
namespace {

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string dns_label(std::string_view name, std::size_t max_size) {
    const auto first = name.substr(0, name.find('.'));
    const auto ascii = punycode_label(first).value_or(std::string(first));
    std::string label;
    bool in_run = false;  // of characters that a label cannot hold: one "-" for all of them
    for (const char c : ascii) {
        const bool allowed = is_alphanumeric(c) || c == '-';
        if (allowed)
            label += lower(c);
        else if (!in_run)
            label += '-';
        in_run = !allowed;
    }
    if (label.size() > max_size) label.resize(max_size);
    return label;
}

std::string dns_label_with_suffix(std::string_view label, core::Ipv4 ip) {
    const auto suffix = '-' + std::to_string(ip.value >> 8 & 255) + '-' + std::to_string(ip.value & 255);
    return std::string(label.substr(0, max_dns_label - suffix.size())) + suffix;
}

bool is_extra_dns_label(std::string_view name) {
    if (name.size() > 253) return false;
    if (name.starts_with("*.")) name.remove_prefix(2);
    for (;;) {
        const auto part = name.substr(0, name.find('.'));
        if (part.empty() || part.size() > max_dns_label || part.front() == '-' || part.back() == '-') return false;
        if (!std::all_of(part.begin(), part.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; }))
            return false;
        if (part.size() == name.size()) return true;
        name.remove_prefix(part.size() + 1);
    }
}

}  // namespace rookery::management
