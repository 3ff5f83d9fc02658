// The JSON object of a request, read as the reference's decoder reads it (rest-api §2.5): only the first value
// counts, `null` acts like {}, property names match in any case (an exact match goes first), a property that is
// null counts as absent, unknown ones are ignored.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace rookery::adapters::rest {

class Body {
public:
    explicit Body(std::string_view text);

    std::string text(std::string_view name) { return optional_text(name).value_or(""); }
    bool flag(std::string_view name) { return optional_flag(name).value_or(false); }
    std::int64_t integer(std::string_view name) { return optional_integer(name).value_or(0); }
    // Of a field that has a small range: what is beyond an int is as wrong as any other that is outside of the range.
    int small_integer(std::string_view name);
    std::vector<std::string> texts(std::string_view name) { return optional_texts(name).value_or(Texts{}); }

    std::optional<std::string> optional_text(std::string_view name);
    std::optional<bool> optional_flag(std::string_view name);
    std::optional<std::int64_t> optional_integer(std::string_view name);
    std::optional<std::vector<std::string>> optional_texts(std::string_view name);
    std::map<std::string, std::vector<std::string>> lists_of_texts(std::string_view name);

    // Objects inside this one; what is wrong in them is wrong with the whole.
    std::optional<Body> object(std::string_view name);
    // `text_as`: elements that are a text count as an object with that one property; nullptr: they are refused.
    std::optional<std::vector<Body>> objects(std::string_view name, const char* text_as = nullptr);

    // False: the body is no JSON object, or a property that was asked for has another type.
    bool ok() const { return *ok_; }

private:
    using Texts = std::vector<std::string>;

    Body(nlohmann::json object, std::shared_ptr<bool> ok) : object_(std::move(object)), ok_(std::move(ok)) {}
    // nullptr: absent, or there is no object at all.
    const nlohmann::json* find(std::string_view name) const;
    std::nullopt_t wrong() const;
    std::optional<Texts> texts_of(const nlohmann::json& list) const;

    nlohmann::json object_ = nlohmann::json::object();
    std::shared_ptr<bool> ok_ = std::make_shared<bool>(true);  // of the whole body
};

}  // namespace rookery::adapters::rest
