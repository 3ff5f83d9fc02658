// The JSON object of a request, read as the reference's decoder reads it (rest-api §2.5): only the first value
// counts, `null` acts like {}, property names match in any case (an exact match goes first), a property that is
// null counts as absent, unknown ones are ignored.
#pragma once

#include <cstdint>
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

    std::optional<std::string> optional_text(std::string_view name);
    std::optional<bool> optional_flag(std::string_view name);
    std::optional<std::int64_t> optional_integer(std::string_view name);
    std::optional<std::vector<std::string>> optional_texts(std::string_view name);

    // False: the body is no JSON object, or a property that was asked for has another type.
    bool ok() const { return ok_; }

private:
    const nlohmann::json* find(std::string_view name) const;

    nlohmann::json object_ = nlohmann::json::object();
    bool ok_ = true;
};

}  // namespace rookery::adapters::rest
