#include "config/yaml_reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "config/duration.hpp"
#include "config/nearest.hpp"
#include "config/text.hpp"

namespace rookery::config {
namespace {

std::string join(const std::string& parent, const std::string& key) {
    return parent.empty() ? key : parent + "." + key;
}

std::string line_of(const YAML::Node& node) {
    return node.Mark().is_null() ? "" : fmt::format(" (line {})", node.Mark().line + 1);
}

// YAML 1.2's and, because existing files hold them, 1.1's words.
std::optional<bool> yaml_bool(const std::string& text) {
    const auto word = lower(text);
    if (word == "true" || word == "yes" || word == "on" || word == "y") return true;
    if (word == "false" || word == "no" || word == "off" || word == "n") return false;
    return std::nullopt;
}

}  // namespace

void YamlReport::fail(std::string message) {
    if (!error_) error_ = std::move(message);
}

std::vector<UnknownKey> YamlReport::unknown_keys() const {
    std::vector<UnknownKey> out;
    for (const auto& key : present_) {
        if (known_.count(join(key.generic_parent, key.name)) == 0) {
            out.push_back({join(key.parent, key.name), meant(key)});
        }
    }
    return out;
}

// A sibling with a similar name, else the same name in another place of the tree.
std::optional<std::string> YamlReport::meant(const Key& key) const {
    const auto prefix = key.generic_parent.empty() ? "" : key.generic_parent + ".";
    std::vector<std::string> siblings;
    std::optional<std::string> elsewhere;
    for (const auto& path : known_) {
        const auto name = path.substr(path.rfind('.') + 1);
        if (path.size() == prefix.size() + name.size() && path.compare(0, prefix.size(), prefix) == 0) {
            siblings.push_back(name);
        }
        if (!elsewhere && lower(name) == lower(key.name)) elsewhere = path;
    }
    if (const auto sibling = nearest(key.name, siblings)) return join(key.parent, *sibling);
    return elsewhere;
}

YamlMap YamlMap::root(const YAML::Node& node, YamlReport& report) {
    return YamlMap(node, "", "", report);
}

YamlMap::YamlMap(YAML::Node node, std::string path, std::string generic, YamlReport& report)
    : node_(std::move(node)), path_(std::move(path)), generic_(std::move(generic)), report_(&report) {
    if (node_.IsNull()) return;
    if (!node_.IsMap()) {
        report_->fail(fmt::format("{}{} must be a mapping", path_.empty() ? "the file" : path_, line_of(node_)));
        return;
    }
    std::set<std::string> seen;
    for (const auto& item : node_) {
        if (!item.first.IsScalar()) {
            report_->fail(fmt::format("{}{} has a key that is not text", path_, line_of(item.first)));
            return;
        }
        const auto& name = item.first.Scalar();
        if (!seen.insert(name).second) {
            report_->fail(fmt::format("{}{} is given twice", join(path_, name), line_of(item.first)));
            return;
        }
        report_->present_.push_back({path_, generic_, name});
    }
}

std::string YamlMap::path(const std::string& key) const {
    return join(path_, key);
}

YAML::Node YamlMap::at(const std::string& key) const {
    if (!node_.IsMap()) return YAML::Node();
    for (const auto& item : node_) {
        if (item.first.Scalar() == key) return item.second;
    }
    return YAML::Node();
}

bool YamlMap::has(const std::string& key) const {
    return !at(key).IsNull();
}

bool YamlMap::known(const std::string& key) {
    report_->known_.insert(join(generic_, key));
    return !report_->error() && has(key);
}

void YamlMap::fail(const std::string& key, std::string_view problem) {
    report_->fail(fmt::format("{}{}: {}", path(key), line_of(at(key)), problem));
}

YamlMap YamlMap::map(const std::string& key) {
    const auto node = known(key) ? at(key) : YAML::Node();
    return YamlMap(node, path(key), join(generic_, key), *report_);
}

std::vector<YamlMap> YamlMap::list_of_maps(const std::string& key) {
    std::vector<YamlMap> out;
    if (!known(key)) return out;
    const auto node = at(key);
    if (!node.IsSequence()) {
        fail(key, "must be a list");
        return out;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
        out.push_back(
            YamlMap(node[i], fmt::format("{}[{}]", path(key), i), fmt::format("{}[]", join(generic_, key)), *report_));
    }
    return out;
}

std::optional<std::string> YamlMap::scalar(const std::string& key) {
    if (!known(key)) return std::nullopt;
    const auto node = at(key);
    if (node.IsScalar()) return node.Scalar();
    fail(key, "must be a single value");
    return std::nullopt;
}

std::optional<std::vector<std::string>> YamlMap::scalars(const std::string& key) {
    if (!known(key)) return std::nullopt;
    const auto node = at(key);
    std::vector<std::string> out;
    for (const auto& item : node) {
        if (!node.IsSequence() || !item.IsScalar()) break;
        out.push_back(item.Scalar());
    }
    if (node.IsSequence() && out.size() == node.size()) return out;
    fail(key, "must be a list of values");
    return std::nullopt;
}

std::optional<long long> YamlMap::number(const std::string& key, const std::string& text, long long low,
                                         long long high) {
    const auto value = parse_integer(text);
    if (value && *value >= low && *value <= high) return value;
    fail(key, fmt::format("\"{}\" is not a {}", text, low == 0 ? "whole number from 0 up" : "whole number"));
    return std::nullopt;
}

void YamlMap::read(const std::string& key, std::string& out) {
    if (auto text = scalar(key)) out = std::move(*text);
}

void YamlMap::read(const std::string& key, Secret& out) {
    if (auto text = scalar(key)) out = Secret(std::move(*text));
}

void YamlMap::read(const std::string& key, bool& out) {
    const auto text = scalar(key);
    if (!text) return;
    if (const auto value = yaml_bool(*text)) {
        out = *value;
    } else {
        fail(key, fmt::format("\"{}\" is neither true nor false", *text));
    }
}

void YamlMap::read(const std::string& key, int& out) {
    using Limits = std::numeric_limits<int>;
    const auto text = scalar(key);
    if (!text) return;
    if (const auto value = number(key, *text, Limits::min(), Limits::max())) out = static_cast<int>(*value);
}

void YamlMap::read(const std::string& key, unsigned& out) {
    const auto text = scalar(key);
    if (!text) return;
    if (const auto value = number(key, *text, 0, std::numeric_limits<unsigned>::max())) {
        out = static_cast<unsigned>(*value);
    }
}

void YamlMap::read(const std::string& key, std::chrono::milliseconds& out) {
    const auto text = scalar(key);
    if (!text) return;
    const auto value = parse_duration(*text);
    if (!value) return fail(key, value.error());
    if (value->count() < 0) return fail(key, fmt::format("\"{}\" must not be negative", *text));
    out = std::chrono::duration_cast<std::chrono::milliseconds>(*value);
}

void YamlMap::read(const std::string& key, std::vector<std::string>& out) {
    if (auto values = scalars(key)) out = std::move(*values);
}

void YamlMap::read(const std::string& key, std::vector<int>& out) {
    using Limits = std::numeric_limits<int>;
    const auto texts = scalars(key);
    if (!texts) return;
    std::vector<int> numbers;
    for (const auto& text : *texts) {
        const auto value = number(key, text, Limits::min(), Limits::max());
        if (!value) return;
        numbers.push_back(static_cast<int>(*value));
    }
    out = std::move(numbers);
}

void YamlMap::read_int_map(const std::string& key) {
    if (!known(key)) return;
    const auto node = at(key);
    if (!node.IsMap()) return fail(key, "must be a mapping");
    for (const auto& item : node) {
        if (!item.second.IsScalar() || !parse_integer(item.second.Scalar())) {
            return fail(key, "must map account ids to whole numbers");
        }
    }
}

}  // namespace rookery::config
