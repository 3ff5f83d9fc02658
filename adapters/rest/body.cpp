#include "adapters/rest/body.hpp"

#include <algorithm>
#include <limits>

namespace rookery::adapters::rest {

namespace {

// Deeper nesting is refused: no resource has it, and each level costs memory before it is seen to be unwanted.
constexpr int max_depth = 64;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

// The end of the object that `text` starts with; npos if it does not end or is too deep.
std::size_t end_of_object(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > max_depth) return std::string_view::npos;
        } else if (c == '}' || c == ']') {
            if (--depth == 0) return i + 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace

Body::Body(std::string_view text) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
    if (text.starts_with("null") && (text.size() == 4 || !std::isalnum(static_cast<unsigned char>(text[4])))) return;
    const auto end = text.starts_with('{') ? end_of_object(text) : std::string_view::npos;
    if (end == std::string_view::npos) {
        *ok_ = false;
        return;
    }
    object_ = nlohmann::json::parse(text.begin(), text.begin() + end, nullptr, false);
    *ok_ = object_.is_object();
}

std::nullopt_t Body::wrong() const {
    *ok_ = false;
    return std::nullopt;
}

const nlohmann::json* Body::find(std::string_view name) const {
    if (!object_.is_object()) return nullptr;
    auto it = object_.find(std::string(name));
    if (it == object_.end()) {
        for (it = object_.begin(); it != object_.end(); ++it)
            if (equal_in_any_case(it.key(), name)) break;
    }
    return it == object_.end() || it->is_null() ? nullptr : &*it;
}

std::optional<std::string> Body::optional_text(std::string_view name) {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_string()) return wrong();
    return value->get<std::string>();
}

std::optional<bool> Body::optional_flag(std::string_view name) {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_boolean()) return wrong();
    return value->get<bool>();
}

std::optional<std::int64_t> Body::optional_integer(std::string_view name) {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    const bool too_large = value->is_number_unsigned() &&
                           value->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (!value->is_number_integer() || too_large) return wrong();
    return value->get<std::int64_t>();
}

int Body::small_integer(std::string_view name) {
    const auto value = integer(name);
    return value == static_cast<int>(value) ? static_cast<int>(value) : -1;
}

std::optional<Body::Texts> Body::texts_of(const nlohmann::json& list) const {
    if (!list.is_array()) return wrong();
    Texts out;
    for (const auto& element : list) {
        if (!element.is_string() && !element.is_null()) return wrong();
        out.push_back(element.is_null() ? std::string() : element.get<std::string>());
    }
    return out;
}

std::optional<std::vector<std::string>> Body::optional_texts(std::string_view name) {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    return texts_of(*value);
}

std::map<std::string, std::vector<std::string>> Body::lists_of_texts(std::string_view name) {
    std::map<std::string, Texts> out;
    const auto* value = find(name);
    if (!value) return out;
    if (!value->is_object()) {
        *ok_ = false;
        return out;
    }
    for (const auto& [key, list] : value->items())
        out[key] = list.is_null() ? Texts{} : texts_of(list).value_or(Texts{});
    return out;
}

std::optional<Body> Body::object(std::string_view name) {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_object()) return wrong();
    return Body(*value, ok_);
}

std::optional<std::vector<Body>> Body::objects(std::string_view name, const char* text_as) {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_array()) return wrong();
    std::vector<Body> out;
    for (const auto& element : *value) {
        if (element.is_object())
            out.push_back(Body(element, ok_));
        else if (element.is_null())
            out.push_back(Body(nlohmann::json::object(), ok_));
        else if (element.is_string() && text_as)
            out.push_back(Body(nlohmann::json::object({{text_as, element}}), ok_));
        else
            return wrong();
    }
    return out;
}

}  // namespace rookery::adapters::rest
